/** What a reconcile says about its next run. Errors say it by their type: see `TerminalError`. */
import { KubewrightError, parseDuration } from '@kubewright/core';

/** Run again after a while, whatever happens until then. */
export interface RequeueAfter {
  /** Milliseconds. 0 and less ask for nothing, as in controller-runtime. */
  readonly requeueAfter: number;
}

/** Nothing: run again when something changes. */
export type Outcome = RequeueAfter | void;

/**
 * @param duration - milliseconds, or text such as `5m` or `1h30m`. 0 and less ask for nothing, as controller-runtime's
 * `RequeueAfter` does: where a time that is over still has something to be done, do it in this run, or ask for a millisecond.
 */
export function requeueAfter(duration: number | string): RequeueAfter {
  return { requeueAfter: typeof duration === 'number' ? duration : parseDuration(duration) };
}

/**
 * What a reconcile asks for: milliseconds until its next run, 0 for nothing; undefined for a value that it must not return, which
 * is all but nothing and `requeueAfter(…)` with a finite time and nothing else. Programs that no compiler checked return other
 * things too, and nothing of them must be taken for a wish. The value is read once: another read may answer something else.
 */
export function delayOf(value: unknown): number | undefined {
  if (value === undefined) return 0;
  if (typeof value !== 'object' || value === null || !('requeueAfter' in value)) return undefined;
  const { requeueAfter: delay, ...others } = value;
  const isDelay = typeof delay === 'number' && Number.isFinite(delay) && Object.keys(others).length === 0;
  return isDelay ? Math.max(delay, 0) : undefined;
}

/** Thrown by a reconcile whose failure no retry can mend: the key waits for a change of its object. */
export class TerminalError extends KubewrightError {
  constructor(message: string, options?: ErrorOptions) {
    super('KW_CONTROLLER_TERMINAL', message, {}, options);
    this.name = 'TerminalError';
  }

  static override is(value: unknown): value is TerminalError {
    return KubewrightError.is(value) && value.code === 'KW_CONTROLLER_TERMINAL';
  }
}
