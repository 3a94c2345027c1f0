/**
 * The indexed store: the newest known object of every key of one kind, and how it changed. It is told what to hold by a
 * reflector and tells informers; it knows neither connections nor handlers.
 */
import { compareResourceVersion, formatObjectKey, isResourceVersion } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { Waiters } from '@kubewright/core/async';
import { informerErrors } from '../errors/informer-errors.js';
import { IndexSet } from './index-set.js';
import type { IndexFunction } from './index-set.js';

/** What a watch said about one object. */
export interface Delta<T> {
  readonly type: 'upsert' | 'delete';
  readonly object: DeepReadonly<T>;
}

/** What became of it. */
export interface Change<T> {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly key: string;
  /** The new state; of a deleted object the last one known. */
  readonly object: DeepReadonly<T>;
  /** The state before; undefined for an added object. */
  readonly old: DeepReadonly<T> | undefined;
  /** The delete itself was not seen, only its result: `object` may be older than the object's last state. */
  readonly finalStateUnknown: boolean;
}

/** The index by namespace that every store has. */
export const namespaceIndex = 'namespace';

/**
 * One Map by key with inverted indexes. Every write is a transaction: all of it is readable before anybody hears of it.
 * Objects are read-only and are not copied: a reader sees the very object that came from the wire.
 */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, DeepReadonly<T>>();
  readonly #indexes: IndexSet<DeepReadonly<T>>;
  readonly #waiters = new Waiters<this>();
  #resourceVersion = '';

  /** @param onIndexError - told when an index function throws; its object is then under no value of that index. */
  constructor(onIndexError: (index: string, error: unknown) => void) {
    this.#indexes = new IndexSet(onIndexError);
    this.#indexes.declare(
      namespaceIndex,
      ({ metadata }) => (metadata.namespace === undefined ? [] : [metadata.namespace]),
      [],
    );
  }

  get(key: string): DeepReadonly<T> | undefined {
    return this.#objects.get(key);
  }

  get size(): number {
    return this.#objects.size;
  }

  entries(): MapIterator<[string, DeepReadonly<T>]> {
    return this.#objects.entries();
  }

  values(): MapIterator<DeepReadonly<T>> {
    return this.#objects.values();
  }

  /** The collection's resourceVersion up to which the store is complete; empty before the first list. Bookmarks raise it too. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  /** Declares an index at any time; the objects present are indexed at once. Reject a name that is taken by another function. */
  addIndex(name: string, valuesOf: IndexFunction<DeepReadonly<T>>): void {
    this.#indexes.declare(name, valuesOf, this.#objects);
  }

  /** The objects that an index holds under a value, in no particular order. */
  byIndex(name: string, value: string): DeepReadonly<T>[] {
    const found: DeepReadonly<T>[] = [];
    for (const key of this.#indexes.keys(name, value)) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** The values that some object has in an index. */
  indexValues(name: string): Iterable<string> {
    return this.#indexes.values(name);
  }

  /** Applies what a watch said, in order, and answers the changes in the same order. A bookmark is a version without deltas. */
  apply(deltas: readonly Delta<T>[], resourceVersion: string): Change<T>[] {
    const changes: Change<T>[] = [];
    for (const { type, object } of deltas) {
      const key = formatObjectKey(object.metadata);
      if (type === 'upsert') this.#upsert(key, object, changes);
      else this.#delete(key, object, changes);
    }
    this.#commit(resourceVersion);
    return changes;
  }

  /**
   * Makes the store hold exactly `objects`. What is missing in them comes first as deleted, its last state unknown; an
   * object whose resourceVersion did not change is no change.
   */
  replace(objects: readonly DeepReadonly<T>[], resourceVersion: string): Change<T>[] {
    const changes: Change<T>[] = [];
    const present = new Set(objects.map((object) => formatObjectKey(object.metadata)));
    for (const [key, old] of this.#objects) if (!present.has(key)) this.#remove(key, old, old, true, changes);
    for (const object of objects) {
      const key = formatObjectKey(object.metadata);
      const old = this.#objects.get(key);
      const isSame =
        old?.metadata.uid === object.metadata.uid && old?.metadata.resourceVersion === object.metadata.resourceVersion;
      if (old === undefined || !isSame) this.#upsert(key, object, changes);
    }
    this.#commit(resourceVersion);
    return changes;
  }

  /** Forgets everything, and rejects whoever waits. */
  clear(): void {
    for (const [key, object] of this.#objects) this.#indexes.update(key, object, undefined);
    this.#objects.clear();
    this.#resourceVersion = '';
    this.#waiters.rejectAll(informerErrors.STORE_CLOSED({}));
  }

  /** Resolves when the store holds everything up to `resourceVersion`. For reading one's own writes. */
  async waitFor(resourceVersion: string, signal?: AbortSignal): Promise<void> {
    if (!isResourceVersion(resourceVersion)) throw informerErrors.RESOURCE_VERSION_INVALID({ value: resourceVersion });
    const isReached = (): boolean =>
      isResourceVersion(this.#resourceVersion) && compareResourceVersion(this.#resourceVersion, resourceVersion) >= 0;
    await this.#waiters.wait(this, isReached, signal);
  }

  /** Resolves when `isMet` answers true for the object of a key, or for its absence: now or after a later change. */
  waitForKey(
    key: string,
    isMet: (object: DeepReadonly<T> | undefined) => boolean,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#waiters.wait(this, () => isMet(this.#objects.get(key)), signal);
  }

  #upsert(key: string, object: DeepReadonly<T>, changes: Change<T>[]): void {
    let old = this.#objects.get(key);
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) {
      // One object went and another took its name, unseen between: that is an end and a beginning.
      this.#remove(key, old, old, true, changes);
      old = undefined;
    }
    this.#objects.set(key, object);
    this.#indexes.update(key, old, object);
    changes.push({ type: old === undefined ? 'added' : 'modified', key, object, old, finalStateUnknown: false });
  }

  #delete(key: string, object: DeepReadonly<T>, changes: Change<T>[]): void {
    const old = this.#objects.get(key);
    if (old === undefined) return;
    if (old.metadata.uid === object.metadata.uid) this.#remove(key, object, old, false, changes);
    else this.#remove(key, old, old, true, changes);
  }

  #remove(
    key: string,
    object: DeepReadonly<T>,
    old: DeepReadonly<T>,
    finalStateUnknown: boolean,
    changes: Change<T>[],
  ): void {
    this.#objects.delete(key);
    this.#indexes.update(key, old, undefined);
    changes.push({ type: 'deleted', key, object, old, finalStateUnknown });
  }

  #commit(resourceVersion: string): void {
    if (resourceVersion !== '') this.#resourceVersion = resourceVersion;
    this.#waiters.check(this);
  }
}
