/**
 * Time as an injected service. Nothing else in the project reads a clock or sets a timer, so a test that binds a
 * `FakeClock` controls all of it.
 */
import { token } from '../di/token.js';
import type { Token } from '../di/token.js';

/** A timer that has not fired yet. Disposing it cancels it; disposing it twice, or after it fired, does nothing. */
export interface Timer extends Disposable {
  cancel(): void;
}

export interface TimerOptions {
  /** Whether the timer keeps the process alive. Default: true. */
  readonly ref?: boolean;
}

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when the machine's clock is set. For timestamps only. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. For durations and deadlines. */
  monotonic(): number;
  /**
   * Calls `callback` once after `milliseconds`. What is below 0 counts as 0, as a time that is over; Infinity never comes, but
   * keeps the process alive until it is cancelled; waits longer than 24.8 days work too.
   *
   * @throws TIMER_DELAY for NaN.
   */
  setTimer(milliseconds: number, callback: () => void, options?: TimerOptions): Timer;
  /**
   * Resolves after `milliseconds`, which count as those of a timer; rejects with the signal's reason as soon as it aborts, and
   * leaves no timer behind.
   */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const Clock: Token<Clock> = token('@kubewright/core/Clock');
