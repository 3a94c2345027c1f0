/** What stands in a Lease, read as what somebody else may have written, and what this copy writes. */
import { formatMicroTime } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { Lease } from '@kubewright/api/coordination/v1';
import { defaultLeaseTimes } from './lease-times.js';

type LeaseSpec = NonNullable<Lease['spec']>;

/** The longest lease that is waited for: nobody's duration keeps a program from working for longer once its holder is gone. */
const longestDuration = 60 * 60_000;
/** Kubernetes counts transitions in 32 bits. */
const mostTransitions = 2 ** 31 - 1;

/**
 * Milliseconds that a Lease is good for after a renewal: our own duration at least, since a copy that leads takes that for
 * granted, whatever somebody has written into the Lease since.
 *
 * @param own - Default: 15,000.
 */
export function leaseDurationOf(
  spec: DeepReadonly<LeaseSpec> | undefined,
  own: number = defaultLeaseTimes.leaseDuration,
): number {
  const seconds = spec?.leaseDurationSeconds;
  if (seconds === undefined || !(seconds > 0)) return own;
  return Math.max(own, Math.min(seconds * 1000, longestDuration));
}

/**
 * @param now - milliseconds since the epoch.
 * @param duration - milliseconds.
 */
export function heldBy(
  identity: string,
  before: DeepReadonly<LeaseSpec> | undefined,
  now: number,
  duration: number,
): LeaseSpec {
  const time = formatMicroTime(now);
  const isOurs = before?.holderIdentity === identity;
  const transitions = before?.leaseTransitions ?? 0;
  const counted = Number.isSafeInteger(transitions) && transitions >= 0 ? transitions : 0;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: duration / 1000,
    acquireTime: isOurs && before.acquireTime !== undefined ? before.acquireTime : time,
    renewTime: time,
    leaseTransitions: isOurs || before === undefined ? counted : counted < mostTransitions ? counted + 1 : 0,
  };
}
