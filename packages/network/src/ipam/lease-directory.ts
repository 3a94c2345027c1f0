import { closeSync, fsync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '@kubewright/core';
import { FileLock, inTurns } from '@kubewright/linux';
import { overwriteFile, removeFile } from '../host/small-file.js';

/** Who has an address: the container and its interface. */
export interface LeaseOwner {
  readonly containerId: string;
  readonly ifName: string;
}

/** What work under the lock can do. Nothing of it waits. */
export interface Leases {
  /** Whether somebody has the address, whoever it is. */
  isTaken(address: string): boolean;
  /** The addresses of an owner. */
  ownedBy(owner: LeaseOwner): string[];
  /** All addresses with their owners; without an owner where the file is damaged. */
  all(): Iterable<readonly [address: string, owner: LeaseOwner | undefined]>;
  /** The address that was given out last from a range set. */
  lastOf(set: number): string | undefined;
  /** Writes the lease. @returns false where somebody has the address. */
  take(address: string, owner: LeaseOwner, set: number): boolean;
  /** Removes a lease, if it is still this owner's (undefined: a damaged one). */
  release(address: string, owner: LeaseOwner | undefined): void;
}

interface Waiting {
  work(leases: DirectoryLeases): void;
  settle(error: unknown): void;
}

interface Outcome {
  readonly one: Waiting;
  readonly error?: unknown;
}

const lockFile = 'lock';
/** Stands for what cannot be read. */
const damaged = ' ';
const lastPrefix = 'last_reserved_ip.';
const readTogether = 64;
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
  #known: { readonly changed: bigint; readonly leases: Map<string, string> } | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Runs `work` under the lock. What it took is given back where it throws, or where the disk refused it. */
  run<T>(work: (leases: Leases) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: { readonly value: T } | undefined;
      this.#waiting.push({
        work: (leases) => void (result = { value: work(leases) }),
        settle: (error) => (result === undefined || error !== undefined ? reject(error) : resolve(result.value)),
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
    const files = await this.#refresh();
    const last = new Map<number, string>();
    const outcomes: Outcome[] = [];
    const open: number[] = [];
    const taken: DirectoryLeases[] = [];
    try {
      await inTurns(turn, (one) => {
        const leases = new DirectoryLeases(this.#path, files, last);
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
      for (const [set, address] of last) this.#remember(set, address);
      await synced;
    } catch (error) {
      for (const leases of taken) leases.undo();
      this.#known = undefined;
      throw error;
    } finally {
      for (const descriptor of open) closeSync(descriptor);
    }
    this.#known = { changed: this.#changed(), leases: files };
    return outcomes;
  }

  /** Only a hint where to go on: it need not reach the disk, and a disk that has no room for it is no reason to fail. */
  #remember(set: number, address: string): void {
    try {
      overwriteFile(join(this.#path, `${lastPrefix}${set}`), address);
    } catch {
      // The next lease is looked for from the beginning.
    }
  }

  async #lock(): Promise<FileLock> {
    const path = join(this.#path, lockFile);
    try {
      return await FileLock.acquire(path, { clock: this.#clock });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      mkdirSync(this.#path, { recursive: true, mode: 0o755 });
      return await FileLock.acquire(path, { clock: this.#clock });
    }
  }

  async #refresh(): Promise<Map<string, string>> {
    const changed = this.#changed();
    if (this.#known?.changed === changed) return this.#known.leases;
    const names = (await readdir(this.#path)).filter((name) => isIP(name) !== 0);
    const leases = new Map<string, string>();
    for (let start = 0; start < names.length; start += readTogether) {
      const some = names.slice(start, start + readTogether);
      const texts = await Promise.all(
        some.map((name) => readFile(join(this.#path, name), 'utf8').catch(() => damaged)),
      );
      some.forEach((name, index) => this.#takeIn(leases, name, texts[index] ?? ''));
    }
    return leases;
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

/** One caller's turn. */
class DirectoryLeases implements Leases {
  /** Descriptors of new leases, to be synced and closed by the turn. */
  readonly open: number[] = [];
  readonly #path: string;
  readonly #files: Map<string, string>;
  /** What this turn of the lock gave out last, from each set. */
  readonly #last: Map<number, string>;
  readonly #taken: string[] = [];

  constructor(path: string, files: Map<string, string>, last: Map<number, string>) {
    this.#path = path;
    this.#files = files;
    this.#last = last;
  }

  isTaken(address: string): boolean {
    return this.#files.has(address);
  }

  ownedBy(owner: LeaseOwner): string[] {
    const wanted = contentOf(owner);
    const found: string[] = [];
    for (const [address, text] of this.#files) if (text.trim() === wanted) found.push(address);
    return found;
  }

  *all(): Iterable<readonly [string, LeaseOwner | undefined]> {
    for (const [address, text] of this.#files) yield [address, ownerOf(text)];
  }

  lastOf(set: number): string | undefined {
    const own = this.#last.get(set);
    if (own !== undefined) return own;
    try {
      const text = readFileSync(join(this.#path, `${lastPrefix}${set}`), 'utf8').trim();
      return isIP(text) === 0 ? undefined : text;
    } catch {
      return undefined;
    }
  }

  take(address: string, owner: LeaseOwner, set: number): boolean {
    const path = join(this.#path, address);
    let descriptor: number;
    try {
      descriptor = openSync(path, 'wx', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      this.#files.set(address, readText(path));
      return false;
    }
    this.open.push(descriptor);
    this.#taken.push(address);
    writeSync(descriptor, contentOf(owner));
    this.#files.set(address, contentOf(owner));
    this.#last.set(set, address);
    return true;
  }

  release(address: string, owner: LeaseOwner | undefined): void {
    const path = join(this.#path, address);
    const present = ownerOf(readText(path));
    if (present?.containerId !== owner?.containerId || present?.ifName !== owner?.ifName) return;
    removeFile(path);
    this.#files.delete(address);
  }

  /** Gives back what this turn took. */
  undo(): void {
    for (const descriptor of this.open.splice(0)) closeQuietly(descriptor);
    for (const address of this.#taken) {
      removeFile(join(this.#path, address));
      this.#files.delete(address);
    }
  }
}

function contentOf({ containerId, ifName }: LeaseOwner): string {
  return `${containerId}\r\n${ifName}`;
}

/** Undefined for what no plugin wrote; files of old versions hold the container alone. */
function ownerOf(text: string): LeaseOwner | undefined {
  const [containerId = '', ifName = ''] = text.trim().split('\r\n');
  return containerId === '' ? undefined : { containerId, ifName };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // The turn closed it already.
  }
}
