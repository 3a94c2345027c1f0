import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import type { Clock, Timer } from '@kubewright/core';

/** How often the directory is looked at as a whole: the kernel may drop notices under load. */
const sweepInterval = 1_000;

/** Tells which containers have left an exit code. */
export class ExitWatch {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #onExit: (id: string) => void;
  readonly #sweep: () => void;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;

  /** @param onExit - for each notice. @param sweep - now and then, to look at all. */
  constructor(directory: string, clock: Clock, onExit: (id: string) => void, sweep: () => void) {
    this.#directory = directory;
    this.#clock = clock;
    this.#onExit = onExit;
    this.#sweep = sweep;
  }

  start(): void {
    this.#watcher = watch(this.#directory, (_event, name) => {
      if (name !== null && /^[0-9a-f]{64}$/.test(name)) this.#onExit(name);
    });
    this.#watcher.on('error', () => this.#watcher?.close());
    const again = (): void => {
      this.#sweep();
      this.#timer = this.#clock.setTimer(sweepInterval, again, { ref: false });
    };
    this.#timer = this.#clock.setTimer(sweepInterval, again, { ref: false });
  }

  stop(): void {
    this.#watcher?.close();
    this.#timer?.cancel();
  }
}
