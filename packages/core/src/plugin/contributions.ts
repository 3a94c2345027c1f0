/**
 * Contributions that come and go while the host runs. `@multiInject(Point)` takes what there is when the consumer is built;
 * who injects `contributionsTo(Point)` sees later ones as well.
 */
import type { Token } from '../di/token.js';
import { extensionPoint, extensionPointPrefix } from './extension-point.js';
import type { ExtensionPoint } from './extension-point.js';

/** All contributions to an extension point as they are now. */
export interface Contributions<T> {
  /**
   * In order: those of plugins, then late ones in the order in which they came, then those made by `last`. A new list after each
   * change, the same one until then. Not to be read in a constructor: the contributors may not be built yet.
   */
  readonly all: readonly T[];
  /** Calls `listener` after each change, until disposed of. */
  observe(listener: () => void): Disposable;
}

const prefix = 'contributions to ';

/**
 * The token of all contributions to an extension point, with those that plugins add after the start (`Host.contribute`).
 *
 * ```ts
 * constructor(@inject(contributionsTo(RequestHandler)) private readonly handlers: Contributions<RequestHandler>) {}
 * ```
 */
export function contributionsTo<T>(point: ExtensionPoint<T>): Token<Contributions<T>> {
  return Symbol.for(prefix + (point.description ?? ''));
}

/** The point whose contributions a token stands for; undefined for any other token. */
export function contributedPoint(identifier: Token<unknown>): ExtensionPoint<unknown> | undefined {
  if (typeof identifier !== 'symbol' || identifier.description?.startsWith(prefix + extensionPointPrefix) !== true)
    return undefined;
  return extensionPoint(identifier.description.slice(prefix.length + extensionPointPrefix.length));
}
