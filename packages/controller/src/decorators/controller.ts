/**
 * `@Controller` makes a reconciler a plugin and tells what it is for. The decorators only keep data; the controller manager
 * reads it and does the rest.
 */
import type { KubeObject } from '@kubewright/api';
import { Plugin, extensionPoint } from '@kubewright/core';
import type { Class, ExtensionPoint, PluginData } from '@kubewright/core';
import type { InformerScope } from '@kubewright/informer';
import { clusterLevel } from '../cluster/cluster-level.js';
import type { Resource } from '../custom-resource/custom-resource.js';
import { controllerErrors } from '../errors/controller-errors.js';
import type { Reconciler } from '../reconcile/reconciler.js';

export interface ControllerOptions {
  /** The kind whose objects are reconciled. */
  readonly for: Resource;
  /** Kinds it makes: a change of one whose controller is such an object runs that object. */
  readonly owns?: readonly Resource[];
  /** Kinds that it reads from the cache without being run when they change. */
  readonly reads?: readonly Resource[];
  /** Unique in the host; the owner of the fields it writes. Default: the class's name in kebab case without `Controller`. */
  readonly name?: string;
  /** How many objects are reconciled at once. Default: 8. */
  readonly concurrency?: number;
  /** Milliseconds that one run may take before its signal aborts. Default: no limit. */
  readonly timeout?: number;
  /** Which objects of the kind. Default: all. */
  readonly scope?: InformerScope;
  /** Whether `reconcile` is called for objects that are being deleted, too; finalizers run before it. Default: false. */
  readonly reconcileDeleting?: boolean;
  /**
   * Whether it works only where this copy of the program leads, if copies elect a leader (`leaderElection`): until then its
   * informers run and it reconciles nothing, and its writes are refused. Without an election every controller works.
   * Default: true; false for what each copy does for itself, as on its own node.
   */
  readonly needsLeader?: boolean;
  /** Further plugin data, as `requires`. */
  readonly plugin?: Omit<PluginData, 'name' | 'contributes'>;
}

/** All reconcilers of a host. */
export const ControllerExtension: ExtensionPoint<Reconciler<KubeObject>> = extensionPoint(
  '@kubewright/controller/Controller',
  { level: clusterLevel },
);

const optionsKey = Symbol.for('@kubewright/controller/ControllerOptions');

/**
 * ```ts
 * @Controller({ for: Website, owns: [Deployment, Service] })
 * export class WebsiteController extends Reconciler<Website> { … }
 * ```
 *
 * A subclass inherits what it does not state anew: `class Canary extends DeploymentController` needs no decorator.
 */
export function Controller(options: ControllerOptions): (target: Class) => void {
  return (target) => {
    if (Object.hasOwn(target, optionsKey))
      throw controllerErrors.CLASS_DECORATED_TWICE({ className: target.name, decorator: 'Controller' });
    const complete = { ...controllerOptionsOf(target), ...options, name: options.name ?? defaultName(target.name) };
    Object.defineProperty(target, optionsKey, { value: Object.freeze(complete), configurable: true });
    Plugin({ ...options.plugin, name: complete.name, contributes: [ControllerExtension] })(target);
  };
}

/** What `@Controller` said of a class or its base, with the name filled in. */
export function controllerOptionsOf(target: Class): (ControllerOptions & { readonly name: string }) | undefined {
  return (target as { readonly [optionsKey]?: ControllerOptions & { readonly name: string } })[optionsKey];
}

/** `WebsiteController` → `website`, `HTTPRouteController` → `http-route`. */
export function defaultName(className: string): string {
  return className
    .replace(/Controller$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
}
