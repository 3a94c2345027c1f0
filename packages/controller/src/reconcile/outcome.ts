/** What a reconcile says about its next run. Errors say it by their type: see `TerminalError`. */
import { KubewrightError, parseDuration } from '@kubewright/core';

/** Run again after a while, whatever happens until then. */
export interface RequeueAfter {
  /** Milliseconds. */
  readonly requeueAfter: number;
}

/** Nothing: run again when something changes. */
export type Outcome = RequeueAfter | void;

/** @param duration - milliseconds, or text such as `5m` or `1h30m`. */
export function requeueAfter(duration: number | string): RequeueAfter {
  return { requeueAfter: typeof duration === 'number' ? duration : parseDuration(duration) };
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
