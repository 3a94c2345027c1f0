/**
 * What was applied last to each child, to tell an apply that would change nothing: the same fields as last time, and the
 * cache shows that all of them still are so. Then no request is sent, however often the reconcile runs.
 */
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { isSubset } from './is-subset.js';

export class ApplyMemory {
  readonly #applied = new Map<string, string>();

  /** @param cached - the child as the cache has it; undefined where it is absent or not watched. */
  isCurrent(child: string, wanted: object, cached: DeepReadonly<KubeObject> | undefined): boolean {
    return cached !== undefined && this.#applied.get(child) === JSON.stringify(wanted) && isSubset(wanted, cached);
  }

  remember(child: string, wanted: object): void {
    this.#applied.set(child, JSON.stringify(wanted));
  }

  forget(child: string): void {
    this.#applied.delete(child);
  }
}
