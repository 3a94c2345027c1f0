import { closeSync, openSync } from 'node:fs';
import { linuxErrors } from '../errors.js';
import { errnoName } from '../ffi/errno.js';
import { libc } from '../ffi/libc.js';
import type { Clock } from '@kubewright/core';

const operation = { shared: 1, exclusive: 2, nonBlocking: 4 } as const;
/** Milliseconds between two attempts: the first come quickly, since most locks are held for less than that. */
const shortestPause = 1;
const longestPause = 50;

export interface FileLockOptions {
  /** Default: exclusive. */
  readonly shared?: boolean;
  readonly clock: Clock;
  /** Ends the wait; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** A lock on a file that other programs honour too (flock). It ends with `release`, or with the process. */
export class FileLock implements Disposable {
  #descriptor: number | undefined;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Waits for the lock; the file is made if it is missing, and stays. Waiting holds no thread: the lock is tried again and again. */
  static async acquire(path: string, { shared = false, clock, signal }: FileLockOptions): Promise<FileLock> {
    const descriptor = openSync(path, 'a+', 0o600);
    try {
      for (let pause = shortestPause; ; pause = Math.min(pause * 2, longestPause)) {
        signal?.throwIfAborted();
        if (tryLock(descriptor, path, shared)) return new FileLock(descriptor);
        await clock.sleep(pause, signal);
      }
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** A second time does nothing. */
  release(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function tryLock(descriptor: number, path: string, shared: boolean): boolean {
  const kind = (shared ? operation.shared : operation.exclusive) | operation.nonBlocking;
  const { errno } = libc().attempt('flock', descriptor, kind);
  if (errno === 0) return true;
  const name = errnoName(errno);
  if (name === 'EAGAIN' || name === 'EINTR') return false;
  throw linuxErrors.SYSCALL({ call: 'flock', errno: name, target: path });
}
