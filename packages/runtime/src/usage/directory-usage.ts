import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@kubewright/core';

/** Bytes of a block, whatever the file system says its own is. */
const blockSize = 512;
/** How long an answer is good, in milliseconds: what writes a lot is seen soon enough, and most write nothing. */
const goodFor = 10_000;
/** Entries of a directory that are looked at at the same time. */
const atOnce = 64;

export interface DirectorySize {
  readonly bytes: bigint;
  readonly inodes: bigint;
}

/** What directories hold. A look takes a while, so its answer serves for some time. */
export class DirectoryUsage {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly until: number; readonly size: Promise<DirectorySize> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(directory: string): Promise<DirectorySize> {
    const now = this.#clock.now();
    for (const [path, { until }] of this.#known) if (until <= now) this.#known.delete(path);
    const known = this.#known.get(directory);
    if (known !== undefined) return known.size;
    const size = sizeOf(directory);
    this.#known.set(directory, { until: now + goodFor, size });
    return size;
  }
}

/** Blocks on disk; what is not there counts nothing. */
async function sizeOf(directory: string): Promise<DirectorySize> {
  let [bytes, inodes] = [0n, 0n];
  const waiting = [directory];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const entries = await readdir(next, { withFileTypes: true }).catch(() => []);
    for (let at = 0; at < entries.length; at += atOnce) {
      const part = entries.slice(at, at + atOnce).map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const found = await lstat(path).catch(() => undefined);
        if (entry.isDirectory()) waiting.push(path);
        return BigInt((found?.blocks ?? 0) * blockSize);
      });
      const sizes = await Promise.all(part);
      bytes += sizes.reduce((sum, size) => sum + size, 0n);
      inodes += BigInt(sizes.length);
    }
  }
  return { bytes, inodes };
}
