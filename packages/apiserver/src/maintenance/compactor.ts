/** What the server does by itself as time passes: it forgets old history and old Events. */
import { Clock, Plugin, inject } from '@kubewright/core';
import type { Lifecycle, Logger, Timer } from '@kubewright/core';
import { SteadyLogger } from '../steady-logger.js';
import { Storage } from '../storage/storage.js';

/** History is kept for at least so long, and at most twice as long: upstream's interval. */
const interval = 5 * 60_000;

/** Forgets the storage's history after a while, so that it does not grow for ever. */
@Plugin({ name: 'history-compaction' })
export class Compactor implements Lifecycle {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | undefined;
  /** The newest revision when the timer fired last. */
  #previous: bigint | undefined;

  constructor(@inject(Storage) storage: Storage, @inject(Clock) clock: Clock, @inject(SteadyLogger) logger: Logger) {
    this.#storage = storage;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): Promise<void> {
    this.#timer = this.#arm();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#timer?.cancel();
    return Promise.resolve();
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
