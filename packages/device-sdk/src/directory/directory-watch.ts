/**
 * Directories in which sockets come and go: how either side of the kubelet's plugin protocols notices the other.
 * Neighbours: `device-plugin` and `kubelet` run their loops on it.
 */
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { Clock } from '@kubewright/core';
import { hasCode } from '@kubewright/core';

/** Tells when something in a directory may have changed. What has changed is for the caller to look up. */
export class DirectoryWatch implements Disposable {
  readonly #path: string;
  readonly #clock: Clock;
  #watcher: FSWatcher | undefined;
  #changed = false;
  #wake: () => void = () => {};

  /** @param path - need not exist yet. */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#open();
  }

  /** Resolves when something has changed since the last call, and after `longest` milliseconds in any case. */
  async next(longest: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#watcher === undefined) this.#open();
    if (!this.#changed) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      const abort = (): void => woken.abort();
      signal.addEventListener('abort', abort, { once: true });
      await this.#clock.sleep(longest, woken.signal).catch(() => undefined);
      signal.removeEventListener('abort', abort);
      this.#wake = () => {};
    }
    this.#changed = false;
    signal.throwIfAborted();
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #open(): void {
    try {
      this.#watcher = watch(this.#path, { persistent: false }, (event, name) => {
        // The directory itself was removed or replaced: a new one has to be watched anew.
        if (event === 'rename' && name === null) this[Symbol.dispose]();
        this.#notify();
      });
      this.#watcher.on('error', () => {
        this[Symbol.dispose]();
        this.#notify();
      });
    } catch {
      this.#watcher = undefined; // it is not there yet: `next` tries again
    }
  }

  #notify(): void {
    this.#changed = true;
    this.#wake();
  }
}

/** Tells one socket from another of the same name; undefined where there is none. */
export async function socketIdentity(path: string): Promise<string | undefined> {
  try {
    const found = await lstat(path, { bigint: true });
    return found.isSocket() ? `${found.dev}:${found.ino}:${found.ctimeNs}` : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
