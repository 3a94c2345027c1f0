/**
 * Where the server keeps its objects: an ordered key-value store with one sequence of revisions, in the shape of etcd's
 * API. Values are opaque bytes. Neighbours: the watch cache reads it, the generic store writes it. It knows nothing of
 * Kubernetes objects.
 */
import { extensionPoint } from '@kubewright/core';
import type { ExtensionPoint } from '@kubewright/core';
import { errors } from '../errors.js';
import { serverLevel } from '../server-level.js';

export interface StorageEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision of the last write to this key. */
  readonly revision: bigint;
}

/** One write. Its value is undefined where the key was deleted. */
export interface StorageEvent {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly revision: bigint;
}

export interface StorageBatch {
  /** In the order of their revisions; may be empty where only the revision moved on. */
  readonly events: readonly StorageEvent[];
  /** All events up to here have been delivered. */
  readonly revision: bigint;
}

export interface StorageListOptions {
  /** The first key wanted, inclusive. Default: the prefix. */
  readonly start?: string;
  /** At most so many entries. Default: all. */
  readonly limit?: number;
  /** The state as of this revision. Default: the newest. */
  readonly revision?: bigint;
}

export interface StorageList {
  /** In ascending order of their keys. */
  readonly entries: readonly StorageEntry[];
  /** The revision that the entries are the state of. */
  readonly revision: bigint;
  /** Whether entries were left out because of the limit. */
  readonly more: boolean;
}

/** What a conditional write came to. A failed condition changes nothing and consumes no revision. */
export type WriteResult =
  { readonly ok: true; readonly revision: bigint } | { readonly ok: false; readonly current: StorageEntry | undefined };

/**
 * Every write is answered only once it would survive the loss of power, as far as the implementation promises
 * durability at all. Revisions grow by any amount from write to write and are never reused, also across restarts.
 * Keys are printable ASCII and start with a slash. Whoever passes bytes in, or gets them out, must not change them.
 * Errors: `COMPACTED`, `FUTURE_REVISION`, `STORAGE_FULL`, `STORAGE_FAILED`, `STORAGE_CLOSED`.
 */
export interface Storage {
  /** Whether nobody else writes to the same data: a reader that follows this instance's writes has then seen all there are. */
  readonly exclusive: boolean;
  /** Where the data is, for errors that a human reads: the path of a file, or a few words. */
  readonly location: string;
  /** The newest revision, as read from the source of truth. */
  currentRevision(): Promise<bigint>;
  /** The oldest revision whose state can still be read and watched from. */
  compactedRevision(): Promise<bigint>;
  get(key: string): Promise<StorageEntry | undefined>;
  list(prefix: string, options?: StorageListOptions): Promise<StorageList>;
  /** Writes a key that must not exist. */
  create(key: string, value: Uint8Array): Promise<WriteResult>;
  /** Writes a key whose last write must have been `expected`. */
  update(key: string, value: Uint8Array, expected: bigint): Promise<WriteResult>;
  /** Removes a key whose last write must have been `expected`. The result's revision is that of the removal. */
  delete(key: string, expected: bigint): Promise<WriteResult>;
  /**
   * Every event after a revision, in order, without end. A write's event may be delivered before the write is answered.
   * Ends quietly when the signal aborts or the storage closes; throws `COMPACTED` where the history does not reach back.
   */
  watch(prefix: string, after: bigint, signal: AbortSignal): AsyncIterable<StorageBatch>;
  /** Forgets the history before a revision; the state as of it stays readable. An older revision than the last one is ignored. */
  compact(revision: bigint): Promise<void>;
  /** Ends watches, finishes writes under way and frees everything. May be called twice. */
  close(): Promise<void>;
}

/**
 * Where a server keeps its objects. It takes exactly one: another contribution takes the place of the one that is there with
 * `use(…, { replaces: 'storage' })`. Who contributes a storage opens and closes it.
 */
export const Storage: ExtensionPoint<Storage> = extensionPoint('@kubewright/apiserver/Storage', { level: serverLevel });

/** Refuses keys that storages would order differently: bytes and UTF-16 agree on printable ASCII only. */
export function checkKey(key: string): void {
  if (!/^\/[\x20-\x7e]*$/.test(key)) throw errors.BAD_KEY({ key });
}
