import { informerErrors } from '../errors/informer-errors.js';

/** Under which values an object is found; an object may have none or several. */
export type IndexFunction<T> = (object: T) => readonly string[];

interface Index<T> {
  readonly declared: IndexFunction<T>;
  /** The declared function; what it throws is reported, and the object is under no value. */
  readonly valuesOf: IndexFunction<T>;
  readonly keys: Map<string, Set<string>>;
}

const none: ReadonlySet<string> = new Set();

/** The inverted indexes of a store: value to keys, by index name. A value that no object has any more is forgotten. */
export class IndexSet<T> {
  readonly #indexes = new Map<string, Index<T>>();
  readonly #onError: (index: string, error: unknown) => void;

  /** @param onError - told when an index function throws: one bad object must not keep the others out of the store. */
  constructor(onError: (index: string, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Declares an index and fills it. Declaring the same function again does nothing. */
  declare(name: string, declared: IndexFunction<T>, present: Iterable<readonly [string, T]>): void {
    const known = this.#indexes.get(name);
    if (known?.declared === declared) return;
    if (known !== undefined) throw informerErrors.INDEX_EXISTS({ index: name });
    const valuesOf = (object: T): readonly string[] => {
      try {
        return declared(object);
      } catch (error) {
        this.#onError(name, error);
        return [];
      }
    };
    const index: Index<T> = { declared, valuesOf, keys: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of present) insert(index, key, valuesOf(object));
  }

  update(key: string, old: T | undefined, object: T | undefined): void {
    for (const index of this.#indexes.values()) {
      const before = old === undefined ? [] : index.valuesOf(old);
      const after = object === undefined ? [] : index.valuesOf(object);
      if (before.length === after.length && before.every((value, at) => value === after[at])) continue;
      for (const value of before) {
        const keys = index.keys.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index.keys.delete(value);
      }
      insert(index, key, after);
    }
  }

  keys(name: string, value: string): ReadonlySet<string> {
    return this.#index(name).keys.get(value) ?? none;
  }

  values(name: string): Iterable<string> {
    return this.#index(name).keys.keys();
  }

  #index(name: string): Index<T> {
    const index = this.#indexes.get(name);
    if (index === undefined) throw informerErrors.INDEX_UNKNOWN({ index: name, known: [...this.#indexes.keys()] });
    return index;
  }
}

function insert<T>(index: Index<T>, key: string, values: readonly string[]): void {
  for (const value of values) {
    const keys = index.keys.get(value);
    if (keys === undefined) index.keys.set(value, new Set([key]));
    else keys.add(key);
  }
}
