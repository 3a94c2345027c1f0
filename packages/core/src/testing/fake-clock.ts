import { nextTurn } from '../async/next-turn.js';
import type { Clock, Timer } from '../clock/clock.js';
import { sleepOn } from '../clock/sleep.js';
import { timerDelay } from '../clock/timer-delay.js';

interface Pending {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that moves only when the test moves it. Timers fire in order of their due time, then of their creation, and a
 * timer set by a callback fires in the same `advance` if it falls due within it.
 */
export class FakeClock implements Clock {
  #elapsed = 0;
  #order = 0;
  readonly #epoch: number;
  readonly #pending = new Set<Pending>();

  /** @param start - what `now()` returns first, in milliseconds since the epoch. Default: 2026-01-01T00:00:00Z. */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#epoch = start;
  }

  now(): number {
    return this.#epoch + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  setTimer(milliseconds: number, callback: () => void): Timer {
    const entry = { due: this.#elapsed + timerDelay(milliseconds), order: this.#order++, callback };
    this.#pending.add(entry);
    const cancel = (): void => void this.#pending.delete(entry);
    return { cancel, [Symbol.dispose]: cancel };
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, milliseconds, signal);
  }

  /** How many timers wait. */
  get timers(): number {
    return this.#pending.size;
  }

  /** Milliseconds until the next timer is due, or undefined where none waits. */
  get untilNext(): number | undefined {
    const next = this.#next();
    return next && next.due - this.#elapsed;
  }

  /** Moves time on and fires what falls due; between two timers the promises that are ready get to run. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#elapsed + milliseconds;
    await nextTurn();
    for (let next = this.#next(); next !== undefined && next.due <= end; next = this.#next()) {
      this.#pending.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.due);
      next.callback();
      await nextTurn();
    }
    this.#elapsed = end;
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const entry of this.#pending) {
      if (first === undefined || entry.due < first.due || (entry.due === first.due && entry.order < first.order))
        first = entry;
    }
    return first;
  }
}
