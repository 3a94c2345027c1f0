import { coreErrors } from '../errors/core-errors.js';

/**
 * The delay that a timer is set to, for implementations of the clock: 0 for what is over.
 *
 * @throws TIMER_DELAY for NaN, and for what is no number: Node would fire after a millisecond, so that whoever waits by a value
 * gone wrong would be busy without end.
 */
export function timerDelay(milliseconds: number): number {
  if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds))
    throw coreErrors.TIMER_DELAY({ value: String(milliseconds) });
  return Math.max(milliseconds, 0);
}
