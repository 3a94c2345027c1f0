/** The two halves of `kubewright dev` besides the cluster: noticing changes, and running a program anew. */
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock, Timer } from '@kubewright/core';

/** Editors write a file in several steps, and a formatter follows. */
const quietTime = 100;
const ignored = /(^|\/)(node_modules|dist|\.[^/]+)(\/|$)|~$/;

/** Changes of the files in a program's directory and below, dependencies and what is built or hidden left out. */
export class FileChanges {
  readonly #directory: string;
  readonly #clock: Clock;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;

  constructor(file: string, clock: Clock) {
    this.#directory = dirname(file);
    this.#clock = clock;
  }

  /** Calls `listener` once a burst of changes is over, with one of the files. */
  watch(listener: (file: string) => void): void {
    this.#watcher = watch(this.#directory, { recursive: true }, (_event, name) => {
      if (name === null || ignored.test(name)) return;
      this.#timer?.cancel();
      this.#timer = this.#clock.setTimer(quietTime, () => listener(join(this.#directory, name)));
    });
  }

  close(): void {
    this.#watcher?.close();
    this.#timer?.cancel();
  }
}
