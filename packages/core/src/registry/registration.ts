import type { Class, Injection, MissingInjection } from '../di/injection.js';
import { injectionsOf, isClass, missingInjections } from '../di/injection.js';
import type { Token } from '../di/token.js';
import { tokenName } from '../di/token.js';
import { coreErrors } from '../errors/core-errors.js';
import type { KubewrightError } from '../errors/define-errors.js';
import type { Lifecycle } from '../plugin/lifecycle.js';
import type { Binding, PluginData, PluginDefinition } from '../plugin/plugin.js';
import { pluginData } from '../plugin/plugin.js';

/** A plugin as the registry knows it, whichever way it was written. */
export interface Registration {
  readonly data: PluginData;
  /** Its name, then the names of those it replaced: requirements on any of them mean this plugin. */
  readonly names: readonly string[];
  readonly class?: Class;
  /** The hooks of a plugin without a class. */
  readonly hooks?: Lifecycle;
  /** The container's own key for the plugin's instance, which no override reaches. */
  readonly key: symbol;
  readonly provides: readonly Binding[];
  readonly contributes: readonly Binding[];
  /** What the classes of this plugin get from the container. */
  readonly injections: readonly Injection[];
  readonly missing: readonly MissingInjection[];
}

/** Takes a bundle apart and describes each plugin in it, in order; what is no plugin becomes a problem. */
export function register(plugin: unknown): { registrations: Registration[]; problems: KubewrightError[] } {
  const registrations: Registration[] = [];
  const problems: KubewrightError[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (isClass(value)) {
      const data = pluginData(value);
      if (data) registrations.push(describe(data, value));
      else
        problems.push(coreErrors.NOT_A_PLUGIN({ what: value.name === '' ? 'a function without a name' : value.name }));
    } else if (isDefinition(value)) {
      const registration = describe(value);
      registrations.push(registration);
      problems.push(...withoutInstance(registration));
    } else
      problems.push(coreErrors.NOT_A_PLUGIN({ what: value === null ? 'null' : `a value of type ${typeof value}` }));
  };
  visit(plugin);
  return { registrations, problems };
}

/** What plain data claims to be itself; the types do not allow it, but not everybody has them. */
function withoutInstance({ data, provides, contributes }: Registration): KubewrightError[] {
  const bare = [...provides, ...contributes].filter(({ target }) => 'plugin' in target);
  return bare.map(({ token }) => coreErrors.NO_INSTANCE({ plugin: data.name, token: tokenName(token) }));
}

function isDefinition(value: unknown): value is PluginDefinition {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

function describe(data: PluginData & Lifecycle, pluginClass?: Class): Registration {
  const provides = (data.provides ?? []).map(asBinding);
  const contributes = (data.contributes ?? []).map(asBinding);
  const classes = [...provides, ...contributes].map(({ target }) => ('class' in target ? target.class : undefined));
  const built = [pluginClass, ...classes].filter((found) => found !== undefined);
  return {
    data,
    names: [data.name],
    ...(pluginClass ? { class: pluginClass } : { hooks: data }),
    key: Symbol(data.name),
    provides: pluginClass ? [{ token: pluginClass, target: { plugin: true } }, ...provides] : provides,
    contributes,
    injections: built.flatMap(injectionsOf),
    missing: built.flatMap(missingInjections),
  };
}

function asBinding(entry: Token<unknown> | Binding): Binding {
  return typeof entry === 'object' ? entry : { token: entry, target: { plugin: true } };
}

/** The registration that takes another's place: it also answers to the other's names and, as a subclass, to its class. */
export function replacing(replaced: Registration, by: Registration): Registration {
  const known = new Set(by.provides.map(({ token }) => token));
  const inherited = replaced.provides.filter(
    ({ token }) => !known.has(token) && typeof token === 'function' && by.class?.prototype instanceof token,
  );
  return {
    ...by,
    names: [...new Set([...by.names, ...replaced.names])],
    provides: [...by.provides, ...inherited.map(({ token }): Binding => ({ token, target: { plugin: true } }))],
  };
}
