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
 * Whether a value is what a reconcile may return: nothing, or `requeueAfter(…)` with a finite time and nothing else. Programs
 * that no compiler checked return other things too, and nothing of them must be taken for a wish.
 */
export function isOutcome(value: unknown): value is Outcome {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null || !('requeueAfter' in value)) return false;
  return Object.keys(value).length === 1 && Number.isFinite(value.requeueAfter);
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
