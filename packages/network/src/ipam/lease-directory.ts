import { randomInt } from 'node:crypto';
import { closeSync, fsync, mkdirSync, openSync, statSync, utimesSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CniError } from '@kubewright/cni-sdk';
import type { Clock } from '@kubewright/core';
import { hasCode } from '@kubewright/core';
import { inTurns } from '@kubewright/core/async';
import { FileLock } from '@kubewright/linux';
import { overwriteFile, removeFile } from '../host/small-file.js';
import { DirectoryLeases, lastPath } from './directory-leases.js';
import type { Contents, Leases } from './directory-leases.js';

interface Waiting {
  /** Does the work and tells its result. */
  work(leases: DirectoryLeases): void;
  /** @param error - undefined: what was written is safe. */
  settle(error: unknown): void;
}

/** What work under the lock came to. */
export interface Written<T> {
  readonly value: T;
  /** Resolves when it is on the disk. Where the disk refused it, it was given back, and this rejects. */
  readonly safe: Promise<void>;
}

/** What the directory holds, as long as it was last changed then. */
interface Known extends Contents {
  readonly changed: bigint;
}

interface Outcome {
  readonly one: Waiting;
  readonly error?: unknown;
}

const lockFile = 'lock';
/** Stands for what cannot be read. */
const damaged = ' ';
const readTogether = 64;
/** Milliseconds to wait for somebody else's turn; each takes a few. */
const lockTime = 30_000;
const sync = promisify(fsync);

/**
 * The leases of one network on disk, as the reference plugin keeps them, so that both can be used side by side: a file per
 * address with `CONTAINER CR LF INTERFACE`, `last_reserved_ip.N` per range set, and a lock (flock) on the file `lock`.
 *
 * Callers that come together share one turn at the lock, and one sync: a lease is on the disk before its caller hears of it.
 * What was read of the directory is kept as long as the directory did not change; before a lease is removed it is read again.
 */
export class LeaseDirectory {
  readonly #path: string;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #running = false;
  #known: Known | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Runs `work` under the lock. What it took is given back where it throws, or where the disk refused it. */
  async run<T>(work: (leases: Leases) => T): Promise<T> {
    const { value, safe } = await this.runEarly(work);
    await safe;
    return value;
  }

  /** As `run`, but resolves as soon as `work` is done, be it not on the disk yet. Others wait for the lock until it is. */
  runEarly<T>(work: (leases: Leases) => T): Promise<Written<T>> {
    return new Promise((resolve, reject) => {
      const { promise: safe, ...written } = Promise.withResolvers<void>();
      // Whoever waits for it sees the failure.
      safe.catch(() => undefined);
      this.#waiting.push({
        work: (leases) => resolve({ value: work(leases), safe }),
        settle: (error) => {
          if (error === undefined) return written.resolve();
          written.reject(error);
          reject(error);
        },
      });
      if (this.#running) return;
      this.#running = true;
      void this.#turns();
    });
  }

  async #turns(): Promise<void> {
    while (this.#waiting.length > 0) {
      const turn = this.#waiting;
      this.#waiting = [];
      try {
        await inTurns(await this.#turn(turn), ({ one, error }) => one.settle(error));
      } catch (error) {
        await inTurns(turn, ({ settle }) => settle(error));
      }
    }
    this.#running = false;
  }

  async #turn(turn: readonly Waiting[]): Promise<readonly Outcome[]> {
    using _lock = await this.#lock();
    const known = await this.#refresh();
    const given = new Map<number, string>();
    const outcomes: Outcome[] = [];
    const open: number[] = [];
    const taken: DirectoryLeases[] = [];
    try {
      await inTurns(turn, (one) => {
        const leases = new DirectoryLeases(this.#path, known, given);
        try {
          one.work(leases);
          open.push(...leases.open);
          taken.push(leases);
          outcomes.push({ one });
        } catch (error) {
          leases.undo();
          outcomes.push({ one, error });
        }
      });
      // The names of new files are the directory's data. It is synced beside them, under a descriptor of its own.
      if (open.length > 0) open.push(openSync(this.#path, 'r'));
      const synced = Promise.all(open.map((descriptor) => sync(descriptor)));
      for (const [set, address] of given) this.#remember(set, address);
      await synced;
    } catch (error) {
      for (const leases of taken) leases.undo();
      this.#known = undefined;
      throw error;
    } finally {
      for (const descriptor of open) closeSync(descriptor);
    }
    this.#known = this.#marked(known);
    return outcomes;
  }

  /** Only a hint where to go on: it need not reach the disk, and a disk that has no room for it is no reason to fail. */
  #remember(set: number, address: string): void {
    try {
      overwriteFile(lastPath(this.#path, set), address);
    } catch {
      // The next lease is looked for from the beginning.
    }
  }

  async #lock(): Promise<FileLock> {
    const path = join(this.#path, lockFile);
    const tooLong = new AbortController();
    const reason = `somebody has held the lock '${path}' for ${lockTime / 1000} s`;
    const timer = this.#clock.setTimer(lockTime, () => tooLong.abort(CniError.tryAgainLater(reason)));
    const options = { clock: this.#clock, signal: tooLong.signal };
    try {
      return await FileLock.acquire(path, options);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      mkdirSync(this.#path, { recursive: true, mode: 0o755 });
      return await FileLock.acquire(path, options);
    } finally {
      timer.cancel();
    }
  }

  /**
   * Gives the directory a time of its own. On older kernels all changes of one tick, 4 ms, have the same: what somebody does
   * right after this turn could not be told from what this turn did.
   */
  #marked(known: Contents): Known | undefined {
    if (this.#known?.changed === this.#changed()) return this.#known;
    const seconds = Math.floor(this.#clock.now() / 1000) + randomInt(1_000_000) / 1_000_000;
    try {
      utimesSync(this.#path, seconds, seconds);
      return { ...known, changed: this.#changed() };
    } catch {
      // Then it is read again the next time.
      return undefined;
    }
  }

  async #refresh(): Promise<Contents> {
    if (this.#known?.changed === this.#changed()) return this.#known;
    const names = (await readdir(this.#path)).filter((name) => isIP(name) !== 0);
    const leases = new Map<string, string>();
    for (let start = 0; start < names.length; start += readTogether) {
      const some = names.slice(start, start + readTogether);
      const texts = await Promise.all(
        some.map((name) => readFile(join(this.#path, name), 'utf8').catch(() => damaged)),
      );
      some.forEach((name, index) => this.#takeIn(leases, name, texts[index] ?? ''));
    }
    return { leases, last: new Map() };
  }

  /** Under the lock nobody is about to write: an empty file is what a killed process had begun, and nobody was told of it. */
  #takeIn(leases: Map<string, string>, address: string, text: string): void {
    if (text === '') removeFile(join(this.#path, address));
    else leases.set(address, text);
  }

  #changed(): bigint {
    return statSync(this.#path, { bigint: true }).mtimeNs;
  }
}
