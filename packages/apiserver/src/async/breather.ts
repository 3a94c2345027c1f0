/** Turns of the event loop, and waiting for each other inside the process. */
import type { Clock } from '@kubewright/core';
import { nextTurn } from '@kubewright/core/async';

/** So many milliseconds of work may follow each other before the event loop gets its turn. */
const stretch = 8;

/**
 * Keeps work that never waits for anything outside the process from holding the event loop: many short requests inside
 * the process are, taken together, a long one.
 */
export class Breather {
  readonly #clock: Clock;
  #turnedAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns at once, or after a turn of the event loop where the last one was too long ago. */
  async breathe(): Promise<void> {
    // All who wait wake in one turn, one after the other: who finds the stretch used up by then waits for the next turn.
    while (this.#clock.monotonic() - this.#turnedAt > stretch) {
      const before = this.#turnedAt;
      await nextTurn();
      if (this.#turnedAt === before) this.#turnedAt = this.#clock.monotonic();
    }
  }
}
