import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { Clock, Timer } from '@kubewright/core';

/** How often the directory is looked at as a whole, in milliseconds: the kernel may drop notices under load. */
const sweepInterval = 1_000;
/** How many sweeps there are for one check. */
const sweepsPerCheck = 10;

export interface ExitWatchOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** For each exit code that is there, at least once, and again as long as it is there. */
  readonly onExit: (id: string) => void;
  /** Now and then, since a monitor that is killed leaves no exit code. */
  readonly onCheck: () => void;
}

/** Tells which containers have left an exit code. */
export class ExitWatch {
  readonly #options: ExitWatchOptions;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  #sweeps = 0;

  constructor(options: ExitWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { directory, clock } = this.#options;
    this.#watcher = watch(directory, (_event, name) => this.#see(name ?? ''));
    this.#watcher.on('error', () => this.#watcher?.close());
    const again = (): void => {
      void this.#sweep();
      this.#timer = clock.setTimer(sweepInterval, again, { ref: false });
    };
    this.#timer = clock.setTimer(sweepInterval, again, { ref: false });
  }

  stop(): void {
    this.#watcher?.close();
    this.#timer?.cancel();
  }

  async #sweep(): Promise<void> {
    if (++this.#sweeps % sweepsPerCheck === 0) this.#options.onCheck();
    for (const name of await readdir(this.#options.directory).catch(() => [])) this.#see(name);
  }

  #see(name: string): void {
    if (/^[0-9a-f]{64}$/.test(name)) this.#options.onExit(name);
  }
}
