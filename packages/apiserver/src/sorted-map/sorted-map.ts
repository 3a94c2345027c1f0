/**
 * A map ordered by key with snapshots that cost nothing to take: two levels of sorted chunks, copied on the first write
 * after a snapshot. Lists iterate a snapshot while writes go on. Holds no Kubernetes knowledge.
 */

/** Chunks are split above this size: small enough that copying one is cheap, large enough that the upper level stays short. */
const maxChunk = 128;

interface Chunk<V> {
  readonly owner: object;
  readonly keys: string[];
  readonly values: V[];
}

/** The reading half of a `SortedMap`. */
export interface SortedView<V> {
  readonly size: number;
  get(key: string): V | undefined;
  /** Values with `start <= key < end` in key order. */
  range(start: string, end: string): IterableIterator<V>;
  /** How many keys lie in `start <= key < end`, without visiting each. */
  count(start: string, end: string): number;
}

export class SortedMap<V> implements SortedView<V> {
  #chunks: Chunk<V>[] = [];
  #owner: object = {};
  #ownsChunks = true;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)];
    if (chunk === undefined) return undefined;
    const index = lowerBound(chunk.keys, key);
    return chunk.keys[index] === key ? chunk.values[index] : undefined;
  }

  /** @returns the value that was there before. */
  set(key: string, value: V): V | undefined {
    const at = Math.max(this.#chunkOf(key), 0);
    const chunk = this.#writable(at);
    const index = lowerBound(chunk.keys, key);
    if (chunk.keys[index] === key) {
      const previous = chunk.values[index];
      chunk.values[index] = value;
      return previous;
    }
    chunk.keys.splice(index, 0, key);
    chunk.values.splice(index, 0, value);
    this.#size++;
    if (chunk.keys.length > maxChunk) this.#split(at, chunk, index === chunk.keys.length - 1);
    return undefined;
  }

  /** @returns the value that was removed. */
  delete(key: string): V | undefined {
    const at = this.#chunkOf(key);
    const found = this.#chunks[at];
    if (found === undefined) return undefined;
    const index = lowerBound(found.keys, key);
    if (found.keys[index] !== key) return undefined;
    const chunk = this.#writable(at);
    const previous = chunk.values[index];
    chunk.keys.splice(index, 1);
    chunk.values.splice(index, 1);
    this.#size--;
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1);
    return previous;
  }

  /** The content as of now, unaffected by later writes. Constant time. */
  snapshot(): SortedView<V> {
    const copy = new SortedMap<V>();
    copy.#chunks = this.#chunks;
    copy.#size = this.#size;
    this.#owner = {};
    this.#ownsChunks = false;
    return copy;
  }

  *range(start: string, end: string): IterableIterator<V> {
    const chunks = this.#chunks;
    for (let at = Math.max(this.#chunkOf(start), 0); ; at++) {
      const chunk = chunks[at];
      if (chunk === undefined) return;
      const { keys, values } = chunk;
      for (let index = lowerBound(keys, start); index < keys.length; index++) {
        const key = keys[index];
        if (key === undefined || key >= end) return;
        yield values[index] as V;
      }
    }
  }

  count(start: string, end: string): number {
    let count = 0;
    for (let at = Math.max(this.#chunkOf(start), 0); ; at++) {
      const keys = this.#chunks[at]?.keys;
      if (keys === undefined) return count;
      const from = lowerBound(keys, start);
      const to = lowerBound(keys, end);
      count += Math.max(to - from, 0);
      if (to < keys.length) return count;
    }
  }

  /** The last chunk that starts at or before the key; -1 where all start after it. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = this.#chunks[middle]?.keys[0];
      if (first !== undefined && first <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #writable(at: number): Chunk<V> {
    if (!this.#ownsChunks) {
      this.#chunks = [...this.#chunks];
      this.#ownsChunks = true;
    }
    const chunk = this.#chunks[at];
    if (chunk?.owner === this.#owner) return chunk;
    const copy = { owner: this.#owner, keys: [...(chunk?.keys ?? [])], values: [...(chunk?.values ?? [])] };
    this.#chunks[at] = copy;
    return copy;
  }

  /** Keys that only ever grow leave full chunks behind; others are split in the middle. */
  #split(at: number, chunk: Chunk<V>, appended: boolean): void {
    const middle = appended ? chunk.keys.length - 1 : chunk.keys.length >>> 1;
    const right = { owner: this.#owner, keys: chunk.keys.splice(middle), values: chunk.values.splice(middle) };
    this.#chunks.splice(at + 1, 0, right);
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = keys[middle];
    if (found !== undefined && found < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first string after all that start with `prefix`: the exclusive end of its range. */
export function prefixEnd(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}
