import { Container } from 'inversify';
import type { Newable } from 'inversify';
import { isList } from '../json/unknown-value.js';
import type { Class } from '../di/injection.js';
import type { Token } from '../di/token.js';
import { isExtensionPoint } from '../plugin/extension-point.js';
import type { BindingTarget } from '../plugin/plugin.js';
import type { Registration } from '../registry/registration.js';

/** An abstract class has no constructor that could be called; the registry has refused those that nothing can build. */
const newable = (target: Class): Newable => target as Newable;

/** One contribution as the container knows it. */
export interface ContributionKey {
  readonly key: symbol;
  /** Whether it comes behind all that do not say so. */
  readonly last: boolean;
}

/** A host's container, and the keys of the contributions in it, by extension point, in the order in which consumers see them. */
export interface Contents {
  readonly container: Container;
  readonly contributions: ReadonlyMap<Token<unknown>, readonly ContributionKey[]>;
  /** Those of `contributions` that do not come from the parent. */
  readonly own: ReadonlyMap<Token<unknown>, readonly ContributionKey[]>;
}

/**
 * Fills a container. Everything in it is built once, when first asked for. What is bound several ways goes by precedence:
 * an override, then a plugin, then the host's own service, then the parent.
 */
export function fillContainer(
  registrations: readonly Registration[],
  overrides: ReadonlyMap<Token<unknown>, unknown>,
  services: ReadonlyMap<Token<unknown>, unknown>,
  parent?: Contents,
): Contents {
  const container = new Container({ defaultScope: 'Singleton', ...(parent ? { parent: parent.container } : {}) });
  const own = new Map<Token<unknown>, ContributionKey[]>();
  const bind = (token: Token<unknown>, target: BindingTarget, plugin: symbol): void => {
    const to = container.bind(token);
    if ('value' in target) to.toConstantValue(target.value);
    else if ('class' in target) to.to(newable(target.class));
    else to.toService(plugin);
  };
  const contribute = (point: Token<unknown>, key: symbol, last = false): void => {
    const keys = own.get(point);
    if (keys) keys.push({ key, last });
    else own.set(point, [{ key, last }]);
  };

  for (const { class: pluginClass, key, provides, contributes } of registrations) {
    if (pluginClass) container.bind(key).to(newable(pluginClass));
    for (const { token, target } of provides) if (!overrides.has(token)) bind(token, target, key);
    for (const { token, target, last } of contributes) {
      if (overrides.has(token)) continue;
      if ('plugin' in target) contribute(token, key, last);
      else {
        const contribution = Symbol(key.description);
        bind(contribution, target, key);
        contribute(token, contribution, last);
      }
    }
  }
  for (const [token, value] of overrides) {
    if (!isExtensionPoint(token) || !isList(value)) container.bind(token).toConstantValue(value);
    else {
      for (const contribution of value) {
        const key = Symbol('override');
        container.bind(key).toConstantValue(contribution);
        contribute(token, key);
      }
    }
  }
  for (const [token, value] of services)
    if (!container.isCurrentBound(token)) container.bind(token).toConstantValue(value);
  // inversify shows a child's consumer either its own bindings or its parent's, so the parent's are repeated in the child.
  const contributions = new Map<Token<unknown>, readonly ContributionKey[]>();
  for (const point of new Set([...(parent?.contributions.keys() ?? []), ...own.keys()])) {
    const inherited = overrides.has(point) ? [] : (parent?.contributions.get(point) ?? []);
    const all = [...inherited, ...(own.get(point) ?? [])];
    const ordered = [...all.filter(({ last }) => !last), ...all.filter(({ last }) => last)];
    contributions.set(point, ordered);
    for (const { key } of ordered) container.bind(point).toService(key);
  }
  return { container, contributions, own };
}
