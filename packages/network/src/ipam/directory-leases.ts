import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { hasCode } from '@kubewright/core';
import { removeFile } from '../host/small-file.js';

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

/** What a directory holds. */
export interface Contents {
  readonly leases: Map<string, string>;
  /** What was given out last from each range set, as far as it was asked for. */
  readonly last: Map<number, string>;
}

/** The file that tells which address was given out last from a range set. */
export function lastPath(directory: string, set: number): string {
  return join(directory, `last_reserved_ip.${set}`);
}

/** One caller's turn under the lock. */
export class DirectoryLeases implements Leases {
  /** Descriptors of new leases, to be synced and closed by the turn. */
  readonly open: number[] = [];
  readonly #path: string;
  readonly #files: Map<string, string>;
  readonly #last: Map<number, string>;
  /** What this turn of the lock gave out last, from each set. */
  readonly #given: Map<number, string>;
  readonly #taken: string[] = [];

  constructor(path: string, { leases, last }: Contents, given: Map<number, string>) {
    this.#path = path;
    this.#files = leases;
    this.#last = last;
    this.#given = given;
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
    const known = this.#last.get(set);
    if (known !== undefined) return known;
    try {
      const text = readFileSync(lastPath(this.#path, set), 'utf8').trim();
      if (isIP(text) === 0) return undefined;
      this.#last.set(set, text);
      return text;
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
      if (!hasCode(error, 'EEXIST')) throw error;
      this.#files.set(address, readText(path));
      return false;
    }
    this.open.push(descriptor);
    this.#taken.push(address);
    writeSync(descriptor, contentOf(owner));
    this.#files.set(address, contentOf(owner));
    this.#last.set(set, address);
    this.#given.set(set, address);
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
