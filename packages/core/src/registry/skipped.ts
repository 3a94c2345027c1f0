/** Plugins that cannot run here, and those that cannot do without them. */
import type { Token } from '../di/token.js';
import { tokenName } from '../di/token.js';
import { coreErrors } from '../errors/core-errors.js';
import { messageOf } from '../errors/message-of.js';
import type { CheckContext } from '../plugin/skip.js';
import { findDependencies } from './dependencies.js';
import type { Surroundings } from './dependencies.js';
import { startWaves } from './order.js';
import type { Registration } from './registration.js';
import type { Resolution } from './registry.js';

/**
 * Asks every plugin that has a `check`. What remains fits together as before: whatever the others miss then is missing because
 * of a skip, so those are skipped for that reason.
 *
 * @throws CHECK_FAILED where a check throws.
 */
export function skipWhatCannotRun(
  resolution: Resolution,
  context: CheckContext,
  around: Surroundings,
  overrides: ReadonlyMap<Token<unknown>, unknown>,
): Resolution {
  const skipped = new Map<Registration, string>();
  for (const registration of resolution.registrations) {
    const reason = ask(registration, context);
    if (reason !== undefined) skipped.set(registration, reason);
  }
  if (skipped.size === 0) return resolution;
  let registrations = resolution.registrations;
  for (let before = -1; before !== skipped.size;) {
    before = skipped.size;
    registrations = registrations.filter((each) => !skipped.has(each));
    for (const { details } of findDependencies(registrations, around, overrides).problems) {
      const dependent = registrations.find(({ data }) => data.name === details['plugin']);
      if (dependent && !skipped.has(dependent)) skipped.set(dependent, because(details, skipped));
    }
  }
  const dependencies = resolution.dependencies.filter(({ from, to }) => !skipped.has(from) && !skipped.has(to));
  return {
    ...resolution,
    registrations,
    dependencies,
    skipped: new Map([...resolution.skipped, ...skipped]),
    waves: startWaves(registrations, dependencies),
  };
}

/** Whether a plugin stands for a token or an extension point. */
export function standsFor({ provides, contributes }: Registration, token: string): boolean {
  return [...provides, ...contributes].some((binding) => tokenName(binding.token) === token);
}

function ask({ data }: Registration, context: CheckContext): string | undefined {
  try {
    return data.check?.(context)?.skipped;
  } catch (error) {
    if (coreErrors.CHECK_TOO_EARLY.is(error)) throw error;
    throw coreErrors.CHECK_FAILED({ plugin: data.name, reason: messageOf(error) }, { cause: error });
  }
}

function because(details: Readonly<Record<string, unknown>>, skipped: ReadonlyMap<Registration, string>): string {
  const missing = String(details['token'] ?? details['point']);
  for (const [registration, reason] of skipped) {
    const names = registration.names.map((name) => `plugin '${name}'`);
    if (names.includes(missing) || standsFor(registration, missing))
      return `it needs '${registration.data.name}', which is skipped: ${reason}`;
  }
  return `it needs ${missing}, of which nothing is left`;
}
