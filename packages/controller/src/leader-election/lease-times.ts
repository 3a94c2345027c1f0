/** How long a leader is trusted. All times are milliseconds. */
import { token } from '@kubewright/core';
import type { Token } from '@kubewright/core';
import { controllerErrors } from '../errors/controller-errors.js';

export interface LeaseTimes {
  /**
   * A Lease that was not renewed for so long is anybody's: how long the work rests when a leader dies. Whole seconds.
   * Default: 15,000.
   */
  readonly leaseDuration: number;
  /** A leader that could not renew for so long stops working, so that it has ended before another begins. Default: 10,000. */
  readonly renewDeadline: number;
  /** The wait between two attempts to get or renew the Lease. Default: 2,000. */
  readonly retryPeriod: number;
}

export const LeaseTimes: Token<LeaseTimes> = token('@kubewright/controller/LeaseTimes');

/** client-go's defaults. */
export const defaultLeaseTimes: LeaseTimes = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };
/** client-go's factor by which it lets each wait vary at most: a deadline below leaves no time for a second attempt. */
const longestRetry = 1.2;

/** @throws LEASE_TIMES where a leader could not renew in time, or would work when another may */
export function leaseTimes(options: Partial<LeaseTimes>): LeaseTimes {
  const {
    leaseDuration = defaultLeaseTimes.leaseDuration,
    renewDeadline = defaultLeaseTimes.renewDeadline,
    retryPeriod = defaultLeaseTimes.retryPeriod,
  } = options;
  const problem =
    !Number.isSafeInteger(leaseDuration / 1000) || leaseDuration < 1000
      ? 'leaseDuration must be whole seconds, as a Lease keeps it so'
      : !(renewDeadline < leaseDuration)
        ? 'renewDeadline must be below leaseDuration'
        : !(retryPeriod > 0 && retryPeriod * longestRetry < renewDeadline)
          ? `retryPeriod must be above 0, and ${longestRetry} times it below renewDeadline`
          : undefined;
  if (problem !== undefined) throw controllerErrors.LEASE_TIMES({ problem, leaseDuration, renewDeadline, retryPeriod });
  return { leaseDuration, renewDeadline, retryPeriod };
}
