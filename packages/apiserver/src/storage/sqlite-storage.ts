import { chmod, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { hasCode, messageOf, Plugin } from '@kubewright/core';
import type { Lifecycle } from '@kubewright/core';
import { WakeUp } from '@kubewright/core/async';
import { deferred } from '../async/deferred.js';
import { errors } from '../errors.js';
import { prefixEnd } from '../sorted-map/sorted-map.js';
import type {
  SqliteCommand,
  SqliteFailure,
  SqliteMessage,
  SqliteRequest,
  SqliteResult,
  SqliteResults,
  SqliteWorkerData,
} from './sqlite-protocol.js';
import { Storage, checkKey } from './storage.js';
import type {
  StorageBatch,
  StorageEntry,
  StorageEvent,
  StorageList,
  StorageListOptions,
  WriteResult,
} from './storage.js';

export interface SqliteStorageOptions {
  /** The file may not grow beyond so many bytes; writes beyond fail with `STORAGE_FULL`. Default: no limit. */
  readonly maxBytes?: number;
}

interface Pending {
  readonly command: SqliteCommand;
  resolve(result: SqliteResult): void;
  reject(error: Error): void;
}

interface Watch {
  /** The revision up to which it was told everything. */
  after: bigint;
  queue: StorageEvent[];
  /** The revision up to which the queue is complete. */
  revision: bigint;
}

/** How many events a replay of history asks for at a time. */
const replayPage = 500;

/**
 * Keeps everything in one SQLite database inside a directory that belongs to this process alone. A write is answered
 * after its transaction was synced to disk; writes that arrive meanwhile share the next transaction. The database is
 * worked on by a thread of its own, so the caller's event loop never waits for the disk.
 */
@Plugin({ name: 'storage', contributes: [Storage] })
export class SqliteStorage implements Storage, Lifecycle {
  readonly exclusive = true;
  readonly location: string;
  readonly #directory: string;
  readonly #maxBytes: number;
  #worker: Worker | undefined;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #failure: Error | undefined = errors.STORAGE_CLOSED({});
  readonly #watches = new Set<Watch>();
  readonly #news = new WakeUp();
  readonly #closed = new AbortController();
  readonly #opened = deferred<'open' | 'locked'>();

  /** @param directory - where the database is; nothing is opened before `start`. */
  constructor(directory: string, { maxBytes = 0 }: SqliteStorageOptions = {}) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.location = join(directory, 'kubewright.db');
  }

  /** A storage that is open already. @throws what `start` throws */
  static async open(directory: string, options: SqliteStorageOptions = {}): Promise<SqliteStorage> {
    const storage = new SqliteStorage(directory, options);
    await storage.start();
    return storage;
  }

  /**
   * Opens the database and creates it, and the directory, where they are missing.
   *
   * @throws DATA_LOCKED where a living process uses the directory; STORAGE_FAILED where the database cannot be opened.
   */
  async start(): Promise<void> {
    const directory = this.#directory;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const pidFile = join(directory, 'kubewright.pid');
    await makePrivate(this.location).catch((cause: unknown) => {
      throw errors.STORAGE_FAILED({ reason: `${this.location}: ${messageOf(cause)}` }, { cause });
    });
    this.#failure = undefined;
    this.#work();
    const outcome = await this.#opened.promise;
    if (outcome === 'locked') {
      const pid = await readFile(pidFile, 'utf8').catch(() => 'unknown');
      throw errors.DATA_LOCKED({ directory, pid: pid.trim() });
    }
    // Only for the message above: what keeps others out is the lock on the database.
    await writeFile(pidFile, `${process.pid}\n`, { mode: 0o600 });
  }

  stop(): Promise<void> {
    return this.close();
  }

  async currentRevision(): Promise<bigint> {
    return (await this.#ask({ op: 'revisions' })).current;
  }

  async compactedRevision(): Promise<bigint> {
    return (await this.#ask({ op: 'revisions' })).compacted;
  }

  get(key: string): Promise<StorageEntry | undefined> {
    return this.#ask({ op: 'get', key });
  }

  list(prefix: string, options: StorageListOptions = {}): Promise<StorageList> {
    const { start = prefix, limit = -1, revision } = options;
    return this.#ask({ op: 'list', start, end: prefixEnd(prefix), limit, revision });
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
    // Listening starts before the history is read, so that no event falls between the two.
    const watch: Watch = { after, queue: [], revision: after };
    this.#watches.add(watch);
    try {
      for (let more = true; more && !either.aborted;) {
        const page = await this.#ask({ op: 'events', after: watch.after, limit: replayPage });
        watch.after = page.revision;
        more = page.more;
        yield { events: page.events.filter(({ key }) => key.startsWith(prefix)), revision: page.revision };
      }
      while (!either.aborted) {
        if (watch.revision > watch.after) {
          const events = watch.queue.filter(({ key, revision }) => revision > watch.after && key.startsWith(prefix));
          watch.queue = [];
          watch.after = watch.revision;
          yield { events, revision: watch.after };
        } else await this.#news.wait(either);
      }
      if (this.#failure !== undefined && !errors.STORAGE_CLOSED.is(this.#failure)) throw this.#failure;
    } finally {
      this.#watches.delete(watch);
    }
  }

  async compact(revision: bigint): Promise<void> {
    await this.#ask({ op: 'compact', revision });
  }

  async close(): Promise<void> {
    if (this.#failure !== undefined) return;
    const closing = this.#ask({ op: 'close' });
    this.#failure = errors.STORAGE_CLOSED({});
    await closing;
    this.#closed.abort();
    await this.#worker?.terminate();
  }

  async #write(key: string, value: Uint8Array | undefined, expected: bigint | undefined): Promise<WriteResult> {
    checkKey(key);
    return await this.#ask({ op: 'write', key, value: value && exact(value), expected });
  }

  #work(): void {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./sqlite.worker.${extension}`, import.meta.url), {
      workerData: { path: this.location, maxBytes: this.#maxBytes } satisfies SqliteWorkerData,
    });
    this.#worker.on('message', (message: SqliteMessage) => this.#receive(message));
    this.#worker.on('error', (error) => this.#fail(errors.STORAGE_FAILED({ reason: String(error) }, { cause: error })));
    this.#worker.on('exit', () => this.#fail(errors.STORAGE_CLOSED({})));
  }

  #ask<C extends SqliteCommand>(command: C): Promise<SqliteResults[C['op']]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = ++this.#lastId;
    const answer = new Promise<SqliteResult>((resolve, reject) => {
      this.#pending.set(id, { command, resolve, reject });
      this.#worker?.postMessage({ id, command } satisfies SqliteRequest, []);
    });
    // The worker answers each command with its own kind of result.
    return answer as Promise<SqliteResults[C['op']]>;
  }

  #receive(message: SqliteMessage): void {
    if ('opened' in message) {
      if (message.opened || message.locked) this.#opened.resolve(message.opened ? 'open' : 'locked');
      else this.#opened.reject(errors.STORAGE_FAILED({ reason: `${this.location}: ${message.message}` }));
      return;
    }
    this.#publish(message.committed);
    for (const { id, result, failure } of message.replies) {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (failure === undefined) pending?.resolve(result);
      else pending?.reject(this.#errorOf(failure));
    }
  }

  /** The values come from the requests that are still held here, so the worker does not send them back. */
  #publish(committed: readonly { readonly id: number; readonly revision: bigint }[]): void {
    const last = committed.at(-1);
    if (last === undefined) return;
    const events = committed.flatMap(({ id, revision }) => {
      const command = this.#pending.get(id)?.command;
      return command?.op === 'write' ? [{ key: command.key, value: command.value, revision }] : [];
    });
    for (const watch of this.#watches) {
      watch.queue.push(...events);
      watch.revision = last.revision;
    }
    this.#news.notify();
  }

  #errorOf(failure: SqliteFailure): Error {
    switch (failure.kind) {
      case 'compacted':
        return errors.COMPACTED({ revision: String(failure.revision), compacted: String(failure.limit) });
      case 'future':
        return errors.FUTURE_REVISION({ revision: String(failure.revision), current: String(failure.limit) });
      case 'full':
        return errors.STORAGE_FULL({ path: this.location });
      case 'failed':
        return errors.STORAGE_FAILED({ reason: `${this.location}: ${failure.message}` });
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#opened.reject(this.#failure);
    for (const pending of this.#pending.values()) pending.reject(this.#failure);
    this.#pending.clear();
    this.#closed.abort();
  }
}

/**
 * Makes the database its owner's alone, whatever the directory's mode and the process's umask are: it holds Secrets. SQLite
 * gives its log the mode of the database. A file that exists is not opened: closing it would drop the locks of this process.
 */
async function makePrivate(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  for (const name of [path, `${path}-wal`, `${path}-shm`]) {
    await chmod(name, 0o600).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
  }
}

/** A message carries a view's whole buffer: a small view of a large one is copied first. */
function exact(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value);
}
