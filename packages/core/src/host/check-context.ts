import type { Token } from '../di/token.js';
import { tokenName } from '../di/token.js';
import { coreErrors } from '../errors/core-errors.js';
import type { CheckContext } from '../plugin/skip.js';
import type { Registration } from '../registry/registration.js';

/** What there is before anything of a host is built: its services, what plugins provide as it is, and the host above. */
export function checkContext(
  services: ReadonlyMap<Token<unknown>, unknown>,
  registrations: readonly Registration[],
  overrides: ReadonlyMap<Token<unknown>, unknown>,
  parent: { get<T>(token: Token<T>): T } | undefined,
): CheckContext {
  const values = new Map(services);
  for (const { provides } of registrations)
    for (const { token, target } of provides) if ('value' in target) values.set(token, target.value);
  for (const [token, value] of overrides) values.set(token, value);
  return {
    get<T>(token: Token<T>): T {
      if (values.has(token)) return values.get(token) as T;
      if (parent) return parent.get(token);
      throw coreErrors.CHECK_TOO_EARLY({ token: tokenName(token) });
    },
  };
}
