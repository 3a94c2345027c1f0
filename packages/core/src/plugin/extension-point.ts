import type { Token } from '../di/token.js';

declare const contribution: unique symbol;

/**
 * A typed place to which plugins contribute. The package that consumes the contributions declares it, with the interface
 * of a contribution under the same name. Made by `extensionPoint`.
 */
export type ExtensionPoint<T> = symbol & { readonly [contribution]: T };

const prefix = 'extension point ';

/**
 * Declares an extension point.
 *
 * ```ts
 * export interface Filter { accepts(pod: Pod): boolean }
 * export const Filter: ExtensionPoint<Filter> = extensionPoint('@kubewright/scheduler/Filter');
 *
 * constructor(@multiInject(Filter) private readonly filters: readonly Filter[]) {}              // at least one, or the host does not start
 * constructor(@multiInject(Filter) @optional() private readonly filters: readonly Filter[]) {}  // perhaps none: []
 * ```
 *
 * Contributions come in the order in which their plugins were registered; in a child host the parent's come first.
 * Two copies of a package agree on the point, because it is a registered symbol.
 *
 * @param name - `@scope/package/Name`, unique in the process; it appears in errors and in package.json of plugin packages.
 */
export function extensionPoint<T>(name: string): ExtensionPoint<T> {
  return Symbol.for(prefix + name) as ExtensionPoint<T>;
}

/** Whether a token is an extension point. */
export function isExtensionPoint(identifier: Token<unknown>): identifier is ExtensionPoint<unknown> {
  return typeof identifier === 'symbol' && (identifier.description?.startsWith(prefix) ?? false);
}
