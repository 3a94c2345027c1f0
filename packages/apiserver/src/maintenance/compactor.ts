import type { Clock, Logger, Timer } from '@kubewright/core';
import type { Storage } from '../storage/storage.js';

/** History is kept for at least so long, and at most twice as long: upstream's interval. */
const interval = 5 * 60_000;

/** Forgets the storage's history after a while, so that it does not grow for ever. */
export class Compactor implements Disposable {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer;
  /** The newest revision when the timer fired last. */
  #previous: bigint | undefined;

  constructor(storage: Storage, clock: Clock, logger: Logger) {
    this.#storage = storage;
    this.#clock = clock;
    this.#logger = logger;
    this.#timer = this.#arm();
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    return this.#clock.setTimer(interval, () => void this.#compact(), { ref: false });
  }

  async #compact(): Promise<void> {
    this.#timer = this.#arm();
    try {
      const current = await this.#storage.currentRevision();
      if (this.#previous !== undefined) await this.#storage.compact(this.#previous);
      this.#previous = current;
    } catch (error) {
      this.#logger.warn('the history could not be compacted', { error });
    }
  }
}
