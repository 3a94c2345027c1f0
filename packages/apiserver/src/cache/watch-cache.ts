/**
 * The server's memory: the newest state of every object as bytes, and the recent changes. It follows one watch on the
 * storage, so all resources share one order. Reads and watches are served from here; writes go to the storage and come
 * back as events. It knows resources only by the prefix of their keys.
 */
import { Clock, inject, Plugin } from '@kubewright/core';
import type { Lifecycle, Logger, StartContext } from '@kubewright/core';
import { nextTurn, until } from '@kubewright/core/async';
import { deferred } from '../async/deferred.js';
import { SteadyLogger } from '../steady-logger.js';
import { errors } from '../errors.js';
import { objectProblem } from '../object/object-problem.js';
import { Storage } from '../storage/storage.js';
import type { StorageBatch } from '../storage/storage.js';
import { HistoryBudget } from './history-budget.js';
import { ResourceCache } from './resource-cache.js';

/** Everything lies below it. */
export const keyRoot = '/registry/';

/** So much history is replayed at a start, so that clients may go on watching after a restart. */
const replayedRevisions = 5_000n;
const pageSize = 500;
/** The wait before the storage is read again after it failed. */
const retryDelay = 1_000;

interface Waiter {
  readonly revision: bigint;
  resolve(): void;
}

@Plugin({ name: 'watch-cache' })
export class WatchCache implements Lifecycle {
  readonly storage: Storage;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #resources = new Map<string, ResourceCache>();
  readonly #budget = new HistoryBudget();
  #revision = 0n;
  /** Where the replay of history began: resources without a cache yet had no events since. */
  #loadedFrom = 0n;
  readonly #waiters = new Set<Waiter>();
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Until everything that the storage held at the start is here: what fails before fails the start. */
  readonly #started = deferred<void>();
  #reading = true;

  constructor(@inject(Storage) storage: Storage, @inject(Clock) clock: Clock, @inject(SteadyLogger) logger: Logger) {
    this.storage = storage;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The newest revision that the cache has seen. */
  get revision(): bigint {
    return this.#revision;
  }

  /**
   * Resolves when everything that the storage held at the call is here.
   *
   * @throws DAMAGED_OBJECT where one of the objects is none; what the storage throws.
   */
  async start({ signal }: Pick<StartContext, 'signal'>): Promise<void> {
    // Who stops the server during its start does not wait for a storage that takes long.
    const target = await until(() => this.#load(), signal);
    this.#running = this.#follow();
    await until(() => Promise.race([this.waitFor(target), this.#started.promise]), signal).catch(
      async (error: unknown) => {
        await this.stop();
        throw error;
      },
    );
    this.#reading = false;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    for (const resource of this.#resources.values()) resource.reset(this.#revision);
    await this.#running;
  }

  /** @param prefix - `/registry/GROUP/PLURAL/`, the group `core` for the core group. */
  resource(prefix: string): ResourceCache {
    let resource = this.#resources.get(prefix);
    if (resource === undefined) {
      resource = new ResourceCache(prefix, this.#loadedFrom, this.#clock, this.#budget);
      this.#resources.set(prefix, resource);
    }
    return resource;
  }

  /**
   * Resolves once the cache has seen a revision; rejects with the signal's reason.
   *
   * @param signal - default: aborts when the cache closes.
   */
  async waitFor(revision: bigint, signal: AbortSignal = this.#stop.signal): Promise<void> {
    if (this.#revision >= revision) return;
    signal.throwIfAborted();
    const { promise, resolve, reject } = deferred<void>();
    const waiter = { revision, resolve };
    const abort = (): void => reject(signal.reason);
    this.#waiters.add(waiter);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      this.#waiters.delete(waiter);
      signal.removeEventListener('abort', abort);
    }
  }

  /** Resolves once the cache holds every write that was answered before the call. */
  async catchUp(signal: AbortSignal): Promise<void> {
    // Own writes are answered after the cache has seen them.
    if (!this.storage.exclusive) await this.waitFor(await this.storage.currentRevision(), signal);
  }

  async #load(): Promise<bigint> {
    const [current, compacted] = await Promise.all([this.storage.currentRevision(), this.storage.compactedRevision()]);
    const old = current - replayedRevisions;
    const revision = old > compacted ? old : compacted;
    this.#loadedFrom = revision;
    for (const resource of this.#resources.values()) resource.reset(revision);
    let start = keyRoot;
    for (let more = true; more;) {
      const page = await this.storage.list(keyRoot, { revision, start, limit: pageSize });
      for (const entry of page.entries) {
        this.#check(entry.key, entry.value);
        this.resource(resourcePrefix(entry.key)).load(entry);
      }
      start = `${page.entries.at(-1)?.key ?? start}\0`;
      more = page.more;
      await nextTurn();
    }
    this.#moveTo(revision);
    return current;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    for (let loaded = true; !signal.aborted;) {
      try {
        if (!loaded) await this.#load();
        loaded = false;
        for await (const batch of this.storage.watch(keyRoot, this.#revision, signal)) {
          await this.#apply(batch);
        }
        if (!signal.aborted) return;
      } catch (error) {
        if (this.#reading) {
          this.#started.reject(error);
          return;
        }
        this.#logger.error('the watch cache lost its storage and reads it again', { error: String(error) });
        await this.#clock.sleep(retryDelay, signal).catch(() => undefined);
      }
    }
  }

  /** A long batch is taken in pieces, between which others get their turn. */
  async #apply({ events, revision }: StorageBatch): Promise<void> {
    for (let at = 0; at < events.length; at += pageSize) {
      if (at > 0) await nextTurn();
      for (const event of events.slice(at, at + pageSize)) {
        if (this.#reading) this.#check(event.key, event.value);
        this.resource(resourcePrefix(event.key)).apply(event);
        this.#revision = event.revision;
      }
    }
    this.#moveTo(revision);
  }

  /** What was written by an earlier process may have been damaged since; our own writes are not looked at. */
  #check(key: string, value: Uint8Array | undefined): void {
    const problem = value && objectProblem(value);
    if (problem !== undefined) throw errors.DAMAGED_OBJECT({ key, location: this.storage.location, problem });
  }

  #moveTo(revision: bigint): void {
    this.#revision = revision;
    for (const waiter of this.#waiters) if (waiter.revision <= revision) waiter.resolve();
  }
}

/** `/registry/GROUP/PLURAL/` of a key. */
function resourcePrefix(key: string): string {
  const group = key.indexOf('/', keyRoot.length);
  return key.slice(0, key.indexOf('/', group + 1) + 1);
}
