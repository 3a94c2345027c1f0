import type { Clock, Random } from '@kubewright/core';

/** client-go's numbers for list and watch. */
const firstDelay = 800;
const longestDelay = 30_000;
const resetAfter = 120_000;

/** The waits between attempts to reach a server: 0.8 s doubling to 30 s, each up to doubled by chance, forgotten after two calm minutes. */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: Random;
  #failures = 0;
  #lastEnd = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The next wait in milliseconds. */
  next(): number {
    const now = this.#clock.monotonic();
    if (now - this.#lastEnd > resetAfter) this.#failures = 0;
    const base = Math.min(firstDelay * 2 ** Math.min(this.#failures, 10), longestDelay);
    this.#failures++;
    const delay = base * (1 + this.#random.next());
    this.#lastEnd = now + delay;
    return delay;
  }
}
