/**
 * Turns of the event loop, for loops that may go on without ever waiting for anything outside: promises alone let neither
 * timers nor sockets nor signals come to their turn. It knows nothing of what the loops do.
 */
import type { Clock } from '@kubewright/core';

/** Milliseconds of work that may follow each other in one turn: half of what one step may hold the event loop. */
const longestShare = 10;
/** … and steps, which bound a turn also where they take no time, as on a clock that a test moves. */
const maximalSteps = 1024;

const budgets = new WeakMap<Clock, TurnBudget>();

/**
 * What one turn of the event loop may be used for by all loops that share a clock. Whoever does not get a step waits for a
 * later turn; of those who wait, one begins each turn, in the order in which they came, so that no loop starves another.
 */
export class TurnBudget {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #began: number | undefined;
  #steps = 0;

  /** The budget of all who use this clock: there is one event loop, however many loops run on it. */
  static of(clock: Clock): TurnBudget {
    let budget = budgets.get(clock);
    if (budget === undefined) budgets.set(clock, (budget = new TurnBudget(clock)));
    return budget;
  }

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one step of this turn. False where the turn is used up: then go on with `later` or `turn`. */
  take(now: number = this.#clock.monotonic()): boolean {
    this.#began ??= this.#begin(now);
    this.#steps++;
    return this.#steps <= maximalSteps && now - this.#began <= longestShare;
  }

  /** Calls back once in a later turn. */
  later(resume: () => void): void {
    this.#waiting.push(resume);
    this.#began ??= this.#begin(this.#clock.monotonic());
  }

  /** Resolves in a later turn. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.later(resolve));
  }

  #begin(now: number): number {
    this.#steps = 0;
    setImmediate(() => this.#end());
    return now;
  }

  #end(): void {
    this.#began = undefined;
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) this.#began ??= this.#begin(this.#clock.monotonic());
  }
}
