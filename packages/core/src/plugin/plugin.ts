/**
 * Plugins: a class with data about it, or plain data. What is written here is only a description; the registry checks it
 * and the host brings it to life.
 */
import type { Class } from '../di/injection.js';
import { inheritInjection } from '../di/injection.js';
import type { Token } from '../di/token.js';
import type { ExtensionPoint } from './extension-point.js';
import type { Lifecycle } from './lifecycle.js';
import type { CheckContext, Skip } from './skip.js';
import type { Stage } from './stage.js';

/** A token or extension point together with what stands behind it. Made by `provide` and `contribute`. */
export interface Binding {
  readonly token: Token<unknown>;
  readonly target: BindingTarget;
  /** Whether a contribution comes behind all that do not say so. Made by `last`. */
  readonly last?: boolean;
}

/** A value as it is, or a class that the container builds once, when first asked for. */
export type Implementation<T> = { readonly value: T } | { readonly class: Class<T> };
/** `plugin`: the plugin's own instance. */
export type BindingTarget = Implementation<unknown> | { readonly plugin: true };

/** What is known about a plugin besides its code. */
export interface PluginData {
  /** Unique in a host. */
  readonly name: string;
  /** The plugin's own version, for those who require `name@range`. */
  readonly version?: string;
  /** Default: `work`, the last. */
  readonly stage?: Stage;
  /**
   * What has to be there and to start first, beyond what the constructor injects: tokens, extension points (at least one
   * contribution), or names of plugins, with a version range where it matters (`'storage@^1.2.0'`).
   */
  readonly requires?: readonly Token<unknown>[];
  /** Tokens under which others inject this plugin's instance (its class always is one), or bindings made by `provide`. */
  readonly provides?: readonly (Token<unknown> | Binding)[];
  /** Extension points to which this plugin's instance contributes, or contributions made by `contribute`. */
  readonly contributes?: readonly (ExtensionPoint<unknown> | Binding)[];
  /** Extension points that the plugin reads by other means than `@multiInject` in a constructor. */
  readonly consumes?: readonly ExtensionPoint<unknown>[];
  /** Extension points that some plugin of the host has to consume, as a package's package.json may ask. */
  readonly requiresConsumersOf?: readonly ExtensionPoint<unknown>[];
  /**
   * Says whether the plugin can run here: `skip(reason)` where it cannot. Asked once, at the start of the host, before anything is
   * built. It looks and does not wait; what takes time belongs to `start`.
   */
  readonly check?: (context: CheckContext) => Skip | undefined;
  /** Milliseconds that `start` may take. Default: no limit. */
  readonly startTimeout?: number;
}

/** A plugin without a class: bindings, contributions and hooks as data. */
export interface PluginDefinition extends PluginData, Lifecycle {
  readonly provides?: readonly Binding[];
  readonly contributes?: readonly Binding[];
}

/** What `use` takes: a class decorated with `@Plugin` (or a subclass of one), plain data, or a bundle of these. */
export type PluginLike = Class | PluginDefinition | readonly PluginLike[];

const dataKey = Symbol.for('@kubewright/core/PluginData');

/**
 * Makes a class a plugin.
 *
 * ```ts
 * @Plugin({ name: 'hosting', provides: [HostingApi], contributes: [HealthCheck] })
 * class Hosting implements HostingApi, HealthCheck, Lifecycle {
 *   readonly name = 'hosting';
 *   constructor(@inject(Clock) private readonly clock: Clock) {}
 *   async start({ signal }: StartContext) { … }
 * }
 * ```
 *
 * A subclass inherits the injections of its base (see `inheritInjection`) and the data: undecorated it has the base's name,
 * decorated again it states a new name and whatever else differs. Other decorators build on this one by calling it.
 */
export function Plugin(data: PluginData): (target: Class) => void {
  return (target) => {
    inheritInjection(target);
    Object.defineProperty(target, dataKey, {
      value: Object.freeze({ ...pluginData(target), ...data }),
      configurable: true,
    });
  };
}

/** The data of a plugin class, its own or its base's; undefined where it is no plugin. */
export function pluginData(target: Class): PluginData | undefined {
  return (target as { readonly [dataKey]?: PluginData })[dataKey];
}

/** Binds a token to a value, or to a class that the container builds: for the `provides` of a plugin. */
export function provide<T>(token: Token<T>, implementation: Implementation<T>): Binding {
  return { token, target: implementation };
}

/**
 * Puts a contribution behind all others of its extension point, late ones included: for what decides where nobody else did.
 *
 * ```ts
 * @Plugin({ name: 'anonymous', contributes: [last(Authenticator)] })
 * ```
 */
export function last(contribution: ExtensionPoint<unknown> | Binding): Binding {
  const binding =
    typeof contribution === 'object' ? contribution : { token: contribution, target: { plugin: true } as const };
  return { ...binding, last: true };
}

/** Adds a value, or an instance of a class that the container builds, to an extension point: for the `contributes` of a plugin. */
export function contribute<T>(point: ExtensionPoint<T>, implementation: Implementation<T>): Binding {
  return { token: point, target: implementation };
}
