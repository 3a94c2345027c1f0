import { formatObjectKey } from '@kubewright/api';
import type { DeepReadonly, KubeObject, LabelSelector, ObjectKey } from '@kubewright/api';
import { namespaceIndex } from './store.js';
import type { Store } from './store.js';

export interface LocalSelection {
  /** Default: every namespace. */
  readonly namespace?: string | undefined;
  /** A value of a declared index, which narrows the search before anything else. */
  readonly index?: { readonly name: string; readonly value: string } | undefined;
  /** Default: whatever its labels. */
  readonly labelSelector?: LabelSelector | undefined;
}

/** Reads a store. What it hands out is read-only and shared: change a copy. */
export class Lister<T extends KubeObject> {
  readonly #store: Store<T>;

  constructor(store: Store<T>) {
    this.#store = store;
  }

  get(key: ObjectKey | string): DeepReadonly<T> | undefined {
    return this.#store.get(typeof key === 'string' ? key : formatObjectKey(key));
  }

  /** In no particular order. */
  list(selection: LocalSelection = {}): DeepReadonly<T>[] {
    const { namespace, index, labelSelector } = selection;
    let found: DeepReadonly<T>[];
    if (index !== undefined) {
      found = this.#store.byIndex(index.name, index.value);
      if (namespace !== undefined) found = found.filter(({ metadata }) => metadata.namespace === namespace);
    } else {
      found = namespace === undefined ? [...this.#store.values()] : this.#store.byIndex(namespaceIndex, namespace);
    }
    return labelSelector === undefined
      ? found
      : found.filter(({ metadata }) => labelSelector.matches(metadata.labels ?? {}));
  }

  get size(): number {
    return this.#store.size;
  }
}
