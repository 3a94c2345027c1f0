import type { ServiceIdentifier } from 'inversify';

/** Names an injectable service of type `T`. The interface and its token share one name, so `@inject(Clock) clock: Clock` reads as one thing. */
export type Token<T> = ServiceIdentifier<T>;

/**
 * Makes the token of a service. Two copies of a package agree on it, because it is a registered symbol.
 *
 * @param name - `@scope/package/Name`, unique in the process; it appears in injection errors.
 */
export function token<T>(name: string): Token<T> {
  return Symbol.for(name);
}

/** The name of a token or class as error texts show it. */
export function tokenName(identifier: Token<unknown>): string {
  if (typeof identifier === 'function') return identifier.name;
  return typeof identifier === 'symbol' ? (identifier.description ?? 'anonymous token') : identifier;
}
