import type { Clock } from '@kubewright/core';
import { WakeUp } from '@kubewright/core/async';
import { SortedMap } from '../sorted-map/sorted-map.js';
import type { SortedView } from '../sorted-map/sorted-map.js';
import type { StorageEntry, StorageEvent } from '../storage/storage.js';
import { CacheEvent } from './cache-event.js';
import { CachedObject } from './cached-object.js';
import type { FieldsOf } from './cached-object.js';
import { FrameStore } from './frame-store.js';
import { History } from './history.js';
import type { HistoryBudget } from './history-budget.js';

/** States that paginated lists go on reading; older pages are read from the storage. */
const maximumSnapshots = 16;

/** Frames joined once for all watchers that are at the same place of the history. */
interface SharedChunk {
  chunk: Uint8Array | undefined;
  /** The number of the event after the last one in the chunk. */
  next: number;
}

/** The newest state and recent history of one stored resource. */
export class ResourceCache {
  readonly #clock: Clock;
  #objects = new SortedMap<CachedObject>();
  readonly #budget: HistoryBudget;
  #history: History;
  readonly #frames = new FrameStore();
  /** Counts what ends watches: a watcher of an earlier generation has lost its place. */
  #generation = 0;
  readonly #snapshots = new Map<bigint, SortedView<CachedObject>>();
  #flushing = false;
  readonly #news = new WakeUp();
  readonly #chunks = new Map<string, SharedChunk>();
  #fieldsOf: FieldsOf = () => ({});

  /**
   * @param prefix - all keys of the resource start with it.
   * @param revision - the cache knows of no event of this resource before this one.
   */
  constructor(
    readonly prefix: string,
    revision: bigint,
    clock: Clock,
    budget: HistoryBudget,
  ) {
    this.#budget = budget;
    this.#history = new History(revision, budget);
    this.#clock = clock;
  }

  /** Tells which fields selectors may look at. Objects that were read before the resource was served are read anew. */
  selectFields(fieldsOf: FieldsOf): void {
    this.#fieldsOf = fieldsOf;
    for (const object of this.#objects.range('', '\uffff')) this.#objects.set(object.key, object.selectedBy(fieldsOf));
  }

  get history(): History {
    return this.#history;
  }

  get generation(): number {
    return this.#generation;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): CachedObject | undefined {
    return this.#objects.get(key);
  }

  /** The newest objects of a range of keys; to be read before anybody else gets his turn. */
  range(start: string, end: string): IterableIterator<CachedObject> {
    return this.#objects.range(start, end);
  }

  /** The state as it is now; later writes do not show in it. */
  snapshot(): SortedView<CachedObject> {
    return this.#objects.snapshot();
  }

  /** Keeps a state so that the later pages of a list can be read from it. */
  remember(revision: bigint, view: SortedView<CachedObject>): void {
    this.#snapshots.set(revision, view);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > maximumSnapshots && oldest !== undefined) this.#snapshots.delete(oldest);
  }

  /** A remembered state, or the newest where nothing has changed since the revision. */
  stateAt(revision: bigint): SortedView<CachedObject> | undefined {
    const kept = this.#snapshots.get(revision);
    if (kept !== undefined) return kept;
    const next = this.#history.positionAfter(revision);
    return next === this.#history.end ? this.#objects.snapshot() : undefined;
  }

  /** Turns an entry of the storage into an object of this resource, as old pages need it. */
  read(entry: StorageEntry): CachedObject {
    return CachedObject.ofStored(entry.key, entry.value, entry.revision, this.#fieldsOf);
  }

  load(entry: StorageEntry): void {
    this.#objects.set(entry.key, this.read(entry));
  }

  apply(event: StorageEvent): void {
    const object = event.value && CachedObject.ofStored(event.key, event.value, event.revision, this.#fieldsOf);
    const previous = object === undefined ? this.#objects.delete(event.key) : this.#objects.set(event.key, object);
    if (object === undefined && previous === undefined) return;
    const now = this.#clock.monotonic();
    this.#history.append(new CacheEvent(event.revision, object, previous, now, this.#frames));
    if (this.#flushing) return;
    // Watchers wake once per turn of the event loop, and find all that happened meanwhile.
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#history.trim(this.#clock.monotonic());
      this.#chunks.clear();
      this.#frames.clear();
      this.#news.notify();
    });
  }

  /** Forgets everything, because events may have been missed. Watchers end. */
  reset(revision: bigint): void {
    this.#objects = new SortedMap();
    this.#history.drop();
    this.#history = new History(revision, this.#budget);
    this.#frames.clear();
    this.#snapshots.clear();
    this.#chunks.clear();
    this.#generation++;
    this.#news.notify();
  }

  /** Ends all watches: the form in which they show objects is no longer served. */
  endWatches(): void {
    this.#generation++;
    this.#news.notify();
  }

  /** Resolves when there may be events that were not there before. */
  changed(signal: AbortSignal): Promise<void> {
    return this.#news.wait(signal);
  }

  /** Makes waiting watchers look again. */
  wake(): void {
    this.#news.notify();
  }

  /** The place for what watchers share until the next events arrive. */
  shared(id: string): SharedChunk {
    let shared = this.#chunks.get(id);
    if (shared === undefined) {
      shared = { chunk: undefined, next: 0 };
      this.#chunks.set(id, shared);
    }
    return shared;
  }
}
