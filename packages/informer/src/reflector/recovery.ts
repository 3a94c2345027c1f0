import { StatusError } from '@kubewright/api';
import { longestRetryAfter, usableSeconds } from '../client/retry-after.js';
import { informerErrors } from '../errors/informer-errors.js';

/** What the reflector was doing when it failed. */
export type Stage = 'list' | 'watch-list' | 'watch-open' | 'watch';

export interface Situation {
  /** The failed request named a resourceVersion. */
  readonly knowsVersion: boolean;
  /** The collection was listed less than 30 s ago. */
  readonly hasJustListed: boolean;
}

export interface Recovery {
  /** `rewatch` goes on after the last applied event, `relist` starts over. */
  readonly next: 'rewatch' | 'relist';
  /** Whether to wait before; `floor` milliseconds at least, `cap` at most. */
  readonly wait: boolean;
  readonly floor?: number;
  readonly cap?: number;
  /** The known resourceVersion is of no use: ask for the newest state. */
  readonly forgetVersion?: boolean;
  /** Take the paged LIST instead of the watch-list: next time only, or from now on. */
  readonly list?: 'once' | 'always';
}

/** How soon a kind is asked for again that the server does not serve (yet): controller-runtime's number. */
const missingKindCap = 10_000;
/** Statuses of a request that is too long, as one that names a version without end. */
const tooLong: ReadonlySet<number> = new Set([414, 431]);
/** Statuses with which servers refuse a watch-list that they do not know. */
const refusals: ReadonlySet<number> = new Set([400, 405, 406, 415, 422, 501]);

/**
 * What to do after a failure. The rules are client-go's, with three differences: a watch that cannot be opened because of
 * the server's state (5xx) or the network is opened again from where it was instead of listing everything again; the
 * watch-list has deadlines; Retry-After is a lower bound of the wait, and itself bounded by a minute.
 *
 * @param error - undefined: the server ended the watch as it does from time to time.
 * @param situation - what the reflector knew when it failed.
 */
export function planRecovery(stage: Stage, error: unknown, situation: Situation): Recovery {
  if (error === undefined) return { next: 'rewatch', wait: false };
  if (stage === 'watch-list') {
    if (informerErrors.WATCH_LIST_INCOMPLETE.is(error))
      return { next: 'relist', wait: false, list: error.details.permanent ? 'always' : 'once' };
    if (StatusError.is(error) && refusals.has(error.code)) return { next: 'relist', wait: false, list: 'always' };
  }
  // The newest state is asked for: what a lagging server sent is then not sent again.
  if (informerErrors.OBJECT_REFUSED.is(error))
    return {
      next: 'relist',
      wait: true,
      forgetVersion: true,
      ...(stage === 'watch-list' && { list: 'once' as const }),
    };
  if (!StatusError.is(error)) return planForConnection(stage, error);
  const { code } = error;
  const floor = Math.min(usableSeconds(error.retryAfterSeconds) ?? 0, longestRetryAfter) * 1000;
  if (code === 410 || isTooLargeVersion(error)) {
    // Where not even the newest state can be had or watched, trying at once would only add to the server's troubles.
    return { next: 'relist', wait: !situation.knowsVersion || situation.hasJustListed, floor, forgetVersion: true };
  }
  if (code === 404) return { next: 'relist', wait: true, cap: missingKindCap };
  // The server may take exception to the version: one that an earlier answer made up must not be asked for again and again.
  const isDoubtful = code === 400 || code === 422 || tooLong.has(code);
  const isResumable = stage === 'watch-open' ? code === 429 || code >= 500 : stage === 'watch' && code === 429;
  return {
    next: isResumable ? 'rewatch' : 'relist',
    wait: true,
    floor,
    ...(isDoubtful && { forgetVersion: true }),
    ...(stage === 'watch-list' && code >= 500 && { list: 'once' as const }),
  };
}

/** No answer, or one that broke off. Every event that was applied counts, so a watch goes on after it. */
function planForConnection(stage: Stage, error: unknown): Recovery {
  if (stage === 'list') return { next: 'relist', wait: true };
  if (stage === 'watch-list') return { next: 'relist', wait: true, list: 'once' };
  if (informerErrors.WATCH_DEADLINE.is(error)) return { next: 'rewatch', wait: false };
  const isUnreadable =
    informerErrors.WATCH_LINE_INVALID.is(error) ||
    informerErrors.WATCH_LINE_TOO_LONG.is(error) ||
    informerErrors.LIST_UNVERSIONED.is(error);
  return { next: isUnreadable ? 'relist' : 'rewatch', wait: true };
}

function isTooLargeVersion(error: StatusError): boolean {
  return error.causes.some(({ reason }) => reason === 'ResourceVersionTooLarge');
}
