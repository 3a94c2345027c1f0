/** What stands in a Lease, read as what somebody else may have written, and what this copy writes. */
import { formatMicroTime } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { Lease } from '@kubewright/api/coordination/v1';

type LeaseSpec = NonNullable<Lease['spec']>;

/** A Lease that was not renewed for so long is anybody's, in milliseconds. This and the next two are client-go's defaults. */
export const leaseDuration = 15_000;
/** A leader that could not renew for so long stops, so that it has ended before another begins. */
export const renewDeadline = 10_000;
export const retryPeriod = 2_000;

/** The longest lease that is waited for: nobody's duration keeps a program from working for longer once its holder is gone. */
const longestDuration = 60 * 60_000;
/** Kubernetes counts transitions in 32 bits. */
const mostTransitions = 2 ** 31 - 1;

/**
 * Milliseconds that a Lease is good for after a renewal: our own duration at least, since every copy that leads takes that for
 * granted, whatever somebody has written into the Lease since.
 */
export function leaseDurationOf(spec: DeepReadonly<LeaseSpec> | undefined): number {
  const seconds = spec?.leaseDurationSeconds;
  if (seconds === undefined || !(seconds > 0)) return leaseDuration;
  return Math.min(Math.max(seconds * 1000, leaseDuration), longestDuration);
}

/** @param now - milliseconds since the epoch. */
export function heldBy(identity: string, before: DeepReadonly<LeaseSpec> | undefined, now: number): LeaseSpec {
  const time = formatMicroTime(now);
  const isOurs = before?.holderIdentity === identity;
  const transitions = before?.leaseTransitions ?? 0;
  const counted = Number.isSafeInteger(transitions) && transitions >= 0 ? transitions : 0;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: leaseDuration / 1000,
    acquireTime: isOurs && before.acquireTime !== undefined ? before.acquireTime : time,
    renewTime: time,
    leaseTransitions: isOurs || before === undefined ? counted : counted < mostTransitions ? counted + 1 : 0,
  };
}
