import { Plugin } from '@kubewright/core';
import type { Lifecycle } from '@kubewright/core';
import { WakeUp } from '@kubewright/core/async';
import { errors } from '../errors.js';
import { indexAfter } from '../sorted-map/index-after.js';
import { SortedMap, prefixEnd } from '../sorted-map/sorted-map.js';
import { Storage, checkKey } from './storage.js';
import type {
  StorageBatch,
  StorageEntry,
  StorageEvent,
  StorageList,
  StorageListOptions,
  WriteResult,
} from './storage.js';

interface LogRecord extends StorageEvent {
  /** What the write replaced: reading an old state undoes the writes after it. */
  readonly previous: StorageEntry | undefined;
}

/** Keeps everything in memory and nothing across restarts. For tests and throw-away clusters. */
@Plugin({ name: 'storage', contributes: [Storage] })
export class MemoryStorage implements Storage, Lifecycle {
  readonly exclusive = true;
  readonly location = 'memory';
  readonly #entries = new SortedMap<StorageEntry>();
  #log: LogRecord[] = [];
  #revision = 1n;
  #compacted = 1n;
  readonly #news = new WakeUp();
  readonly #closed = new AbortController();

  currentRevision(): Promise<bigint> {
    return this.#open(() => this.#revision);
  }

  compactedRevision(): Promise<bigint> {
    return this.#open(() => this.#compacted);
  }

  get(key: string): Promise<StorageEntry | undefined> {
    return this.#open(() => this.#entries.get(key));
  }

  list(prefix: string, options: StorageListOptions = {}): Promise<StorageList> {
    return this.#open(() => {
      const revision = options.revision ?? this.#revision;
      const state = this.#stateAt(revision);
      const limit = options.limit ?? Infinity;
      const entries: StorageEntry[] = [];
      for (const entry of state.range(options.start ?? prefix, prefixEnd(prefix))) {
        if (entries.length >= limit) return { entries, revision, more: true };
        entries.push(entry);
      }
      return { entries, revision, more: false };
    });
  }

  create(key: string, value: Uint8Array): Promise<WriteResult> {
    return this.#write(key, value, undefined);
  }

  update(key: string, value: Uint8Array, expected: bigint): Promise<WriteResult> {
    return this.#write(key, value, expected);
  }

  delete(key: string, expected: bigint): Promise<WriteResult> {
    return this.#write(key, undefined, expected);
  }

  async *watch(prefix: string, after: bigint, signal: AbortSignal): AsyncIterable<StorageBatch> {
    const either = AbortSignal.any([signal, this.#closed.signal]);
    let delivered = after;
    while (!either.aborted) {
      this.#checkRevision(delivered);
      if (delivered === this.#revision) {
        await this.#news.wait(either);
        continue;
      }
      const fresh = this.#log.slice(indexAfter(this.#log, delivered));
      delivered = this.#revision;
      yield { events: fresh.filter((event) => event.key.startsWith(prefix)), revision: delivered };
    }
  }

  compact(revision: bigint): Promise<void> {
    return this.#open(() => {
      if (revision <= this.#compacted) return;
      if (revision > this.#revision) this.#checkRevision(revision);
      this.#log = this.#log.slice(indexAfter(this.#log, revision));
      this.#compacted = revision;
    });
  }

  stop(): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  #write(key: string, value: Uint8Array | undefined, expected: bigint | undefined): Promise<WriteResult> {
    return this.#open(() => {
      checkKey(key);
      const current = this.#entries.get(key);
      if (current?.revision !== expected) return { ok: false, current };
      const revision = ++this.#revision;
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, { key, value, revision });
      this.#log.push({ key, value, revision, previous: current });
      this.#news.notify();
      return { ok: true, revision };
    });
  }

  #open<T>(act: () => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.#closed.signal.aborted) throw errors.STORAGE_CLOSED({});
      resolve(act());
    });
  }

  #stateAt(revision: bigint): { range(start: string, end: string): Iterable<StorageEntry> } {
    this.#checkRevision(revision);
    if (revision === this.#revision) return this.#entries;
    const state = new SortedMap<StorageEntry>();
    for (const entry of this.#entries.range('', '\uffff')) state.set(entry.key, entry);
    for (let at = this.#log.length - 1; at >= 0; at--) {
      const record = this.#log[at];
      if (record === undefined || record.revision <= revision) break;
      if (record.previous === undefined) state.delete(record.key);
      else state.set(record.key, record.previous);
    }
    return state;
  }

  #checkRevision(revision: bigint): void {
    if (revision < this.#compacted)
      throw errors.COMPACTED({ revision: String(revision), compacted: String(this.#compacted) });
    if (revision > this.#revision)
      throw errors.FUTURE_REVISION({ revision: String(revision), current: String(this.#revision) });
  }
}
