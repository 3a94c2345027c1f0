import { mkdirSync, opendirSync, readFileSync } from 'node:fs';
import type { Dir } from 'node:fs';
import { join } from 'node:path';
import type { AttachmentRequest, NetworkConfig, ValidAttachment } from '@kubewright/cni-sdk';
import { hasCode } from '@kubewright/core';
import { nextTurn } from '@kubewright/core/async';
import { createFile, overwriteFile, removeFile } from './small-file.js';

/** One interface of one container in one network. */
export interface AttachmentKey {
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
}

export function attachmentKey({ config, containerId, ifName }: AttachmentRequest<NetworkConfig>): AttachmentKey {
  return { network: config.name, containerId, ifName };
}

export interface StoredAttachment<T> extends AttachmentKey {
  readonly value: T;
}

/** Files of a long list that are read in one turn of the event loop. */
const perTurn = 16;

/**
 * What a plugin did for each attachment: one small file each, `NETWORK/CONTAINER:INTERFACE`. It is
 * written before the kernel is changed, so that after a crash everything that may exist is found here.
 *
 * The calls are synchronous: the files lie in memory (`/run`), where a change of thread would cost more than the call.
 */
export class AttachmentStore<T> {
  readonly #directory: string;
  readonly #decode: (value: unknown) => T;

  /** @param decode - reads what was written; undefined stands for a file that is damaged. */
  constructor(directory: string, decode: (value: unknown) => T) {
    this.#directory = directory;
    this.#decode = decode;
  }

  put(key: AttachmentKey, value: T): void {
    this.#write(key, (path) => overwriteFile(path, JSON.stringify(value)));
  }

  /** Writes down what is not written down yet. @returns false, having done nothing, where it is. */
  add(key: AttachmentKey, value: T): boolean {
    return this.#write(key, (path) => createFile(path, JSON.stringify(value)));
  }

  get(key: AttachmentKey): T | undefined {
    try {
      return this.#decode(parse(readFileSync(this.#path(key), 'utf8')));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Nothing there is no error. */
  delete(key: AttachmentKey): void {
    removeFile(this.#path(key));
  }

  /**
   * All attachments of a network, or of all, as they are found: who stops early has read no more than that. Long lists give the
   * event loop turns.
   */
  each(network?: string): AsyncGenerator<StoredAttachment<T>> {
    return this.#read(network === undefined ? namesIn(this.#directory) : [network], () => true);
  }

  /** All attachments of a network. */
  list(network: string): Promise<StoredAttachment<T>[]> {
    return collected(this.each(network));
  }

  /** Those that are in no list of valid ones. */
  stale(network: string, valid: readonly ValidAttachment[]): Promise<StoredAttachment<T>[]> {
    const names = namesOf(valid);
    return collected(this.#read([network], (name) => !names.has(name)));
  }

  /** Those that are in a list of valid ones. */
  kept(network: string, valid: readonly ValidAttachment[]): Promise<StoredAttachment<T>[]> {
    const names = namesOf(valid);
    return collected(this.#read([network], (name) => names.has(name)));
  }

  async *#read(
    networks: Iterable<string>,
    wanted: (name: string) => boolean,
  ): AsyncGenerator<StoredAttachment<T>, void, undefined> {
    let seen = 0;
    for (const network of networks) {
      for (const name of namesIn(join(this.#directory, network))) {
        seen += 1;
        if (seen % perTurn === 0) await nextTurn();
        const colon = name.indexOf(':');
        if (colon === -1 || !wanted(name)) continue;
        const key = { network, containerId: name.slice(0, colon), ifName: name.slice(colon + 1) };
        const value = this.get(key);
        if (value !== undefined) yield { ...key, value };
      }
    }
  }

  #write<R>(key: AttachmentKey, write: (path: string) => R): R {
    try {
      return write(this.#path(key));
    } catch (error) {
      if (!isMissing(error)) throw error;
      mkdirSync(join(this.#directory, key.network), { recursive: true, mode: 0o700 });
      return write(this.#path(key));
    }
  }

  #path(key: AttachmentKey): string {
    return join(this.#directory, key.network, fileName(key));
  }
}

/** Neither part can hold a slash, and an interface's name no colon: the kit has checked them. */
function fileName({ containerId, ifName }: Omit<AttachmentKey, 'network'>): string {
  return `${containerId}:${ifName}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function namesOf(valid: readonly ValidAttachment[]): Set<string> {
  return new Set(valid.map(({ containerID, ifname }) => `${containerID}:${ifname}`));
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What stands in a directory, read as it is asked for. */
function* namesIn(path: string): Generator<string> {
  let directory: Dir;
  try {
    directory = opendirSync(path);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) yield entry.name;
  } finally {
    directory.closeSync();
  }
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}
