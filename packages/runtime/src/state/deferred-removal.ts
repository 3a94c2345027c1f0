import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '@kubewright/core';
import { hasCode } from '@kubewright/core';

/** What nobody needs any more: it is out of the way at once, and removed meanwhile. A crash leaves the rest to the next start. */
export class DeferredRemoval {
  readonly #directory: string;
  readonly #random: Random;
  #removing = Promise.resolve();

  /** @param directory - on the file system of what is put into it, which must have nothing mounted below. */
  constructor(directory: string, random: Random) {
    this.#directory = directory;
    this.#random = random;
  }

  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#directory)) this.#remove(join(this.#directory, name));
  }

  /** Puts a file or directory aside; one that is not there is no error. */
  async put(path: string): Promise<void> {
    const aside = join(this.#directory, Buffer.from(this.#random.bytes(8)).toString('hex'));
    try {
      await rename(path, aside);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return;
      throw error;
    }
    this.#remove(aside);
  }

  /** Resolves when everything is gone that was put here, or could not be removed. */
  async emptied(): Promise<void> {
    await this.#removing;
  }

  /** One after the other, so that there are threads left for what somebody waits for. */
  #remove(path: string): void {
    const removed = this.#removing.then(() => rm(path, { recursive: true, force: true }));
    this.#removing = removed.catch(() => undefined);
  }
}
