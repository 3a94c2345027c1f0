import type { KubeObject } from '@kubewright/api';
import type { InformerEvent } from './informer-event.js';

interface Entry<T extends KubeObject> {
  event: InformerEvent<T>;
  /** False once the event was merged away. */
  isLive: boolean;
}

/** How many events one key may have waiting: lives of objects that came and went under one name. */
const maximalPerKey = 16;

/**
 * The events that a handler has not taken yet, in order. Per key only what tells something new is kept: updates of one
 * object merge into the first event of it that waits, with the newest state. A deletion merges with nothing, so that an
 * object's end and its re-creation are both told. So the memory is bounded by the number of keys.
 */
export class PendingEvents<T extends KubeObject> {
  #entries: Entry<T>[] = [];
  #head = 0;
  readonly #byKey = new Map<string, Entry<T>[]>();
  /** How many events were put in line since the beginning, and how many of them have left it. */
  #queued = 0;
  #passed = 0;

  /** The place in line of the next event, for `hasPassed`. */
  get mark(): number {
    return this.#queued;
  }

  /** Whether everything that was in line before the mark has been taken. */
  hasPassed(mark: number): boolean {
    return this.#passed >= mark;
  }

  add(event: InformerEvent<T>): void {
    const waiting = this.#byKey.get(event.key);
    const last = waiting?.at(-1);
    if (last !== undefined && event.type === 'modified') {
      // What waits last is an addition or a change: a store tells no change of what is gone.
      last.event = { ...last.event, object: event.object };
      return;
    }
    const entry = { event, isLive: true };
    this.#entries.push(entry);
    this.#queued++;
    if (waiting === undefined) this.#byKey.set(event.key, [entry]);
    else {
      waiting.push(entry);
      if (waiting.length > maximalPerKey) this.#dropOldestLife(waiting);
    }
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  take(): InformerEvent<T> | undefined {
    for (let entry = this.#entries[this.#head]; entry !== undefined; entry = this.#entries[this.#head]) {
      this.#head++;
      this.#passed++;
      if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
        this.#entries = this.#entries.slice(this.#head);
        this.#head = 0;
      }
      if (!entry.isLive) continue;
      const waiting = this.#byKey.get(entry.event.key);
      waiting?.shift();
      if (waiting?.length === 0) this.#byKey.delete(entry.event.key);
      return entry.event;
    }
    this.#entries = [];
    this.#head = 0;
    return undefined;
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.#byKey.clear();
  }

  /** Leaves an object out that began and ended while it waited. */
  #dropOldestLife(waiting: Entry<T>[]): void {
    const at = waiting.findIndex(
      (entry, position) => entry.event.type === 'added' && waiting[position + 1]?.event.type === 'deleted',
    );
    if (at === -1) return;
    for (const entry of waiting.splice(at, 2)) entry.isLive = false;
  }
}
