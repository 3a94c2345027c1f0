import type { Token } from '../di/token.js';
import { coreErrors } from '../errors/core-errors.js';
import { rememberLevel } from './level.js';
import type { Level } from './level.js';

declare const contribution: unique symbol;

/**
 * A typed place to which plugins contribute. The package that consumes the contributions declares it, with the interface
 * of a contribution under the same name. Made by `extensionPoint`.
 */
export type ExtensionPoint<T> = symbol & { readonly [contribution]: T };

export interface ExtensionPointOptions {
  /** Where its consumers are. Default: anywhere; contributions then count in the host that they were registered with. */
  readonly level?: Level;
}

/** How the descriptions of extension points begin. */
export const extensionPointPrefix = 'extension point ';

/**
 * Declares an extension point.
 *
 * ```ts
 * export interface Filter { accepts(pod: Pod): boolean }
 * export const Filter: ExtensionPoint<Filter> = extensionPoint('@kubewright/scheduler/Filter', { level: schedulerLevel });
 *
 * constructor(@inject(Filter) private readonly filter: Filter) {}                               // exactly one, or the host does not start
 * constructor(@multiInject(Filter) private readonly filters: readonly Filter[]) {}              // at least one
 * constructor(@multiInject(Filter) @optional() private readonly filters: readonly Filter[]) {}  // perhaps none: []
 * constructor(@inject(contributionsTo(Filter)) private readonly filters: Contributions<Filter>) {}  // also those that come later
 * ```
 *
 * Contributions come in the order in which their plugins were registered, those made by `last` behind all others; in a child
 * host the parent's come first. Two copies of a package agree on the point, because it is a registered symbol.
 *
 * @param name - `@scope/package/Name`, unique in the process; it appears in errors and in package.json of plugin packages.
 * @throws LEVEL_REDEFINED where the point was declared with another level before.
 */
export function extensionPoint<T>(name: string, { level }: ExtensionPointOptions = {}): ExtensionPoint<T> {
  const point = Symbol.for(extensionPointPrefix + name) as ExtensionPoint<T>;
  const other = level && rememberLevel(point, level);
  if (level && other) throw coreErrors.LEVEL_REDEFINED({ point: name, first: other.name, second: level.name });
  return point;
}

/** Whether a token is an extension point. */
export function isExtensionPoint(identifier: Token<unknown>): identifier is ExtensionPoint<unknown> {
  return typeof identifier === 'symbol' && (identifier.description?.startsWith(extensionPointPrefix) ?? false);
}
