import { coreErrors } from '../errors/core-errors.js';
import { messageOf } from '../errors/message-of.js';
import type { KubewrightError } from '../errors/define-errors.js';
import type { StopResult } from './lifecycle-runner.js';

/** What to report of a stop; undefined where everything stopped cleanly. */
export function stopError(
  host: string,
  milliseconds: number,
  { failed, overdue }: StopResult,
  childErrors: readonly unknown[],
): KubewrightError | undefined {
  const causes = [...failed.values(), ...childErrors];
  if (causes.length === 0 && overdue.length === 0) return undefined;
  const texts = [...[...failed].map(([name, error]) => `${name} (${messageOf(error)})`), ...childErrors.map(messageOf)];
  const options = causes.length > 0 ? { cause: new AggregateError(causes, 'while stopping') } : undefined;
  return coreErrors.STOP_FAILED({ host, failed: texts, overdue, milliseconds }, options);
}
