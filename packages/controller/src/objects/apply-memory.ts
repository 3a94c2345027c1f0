/**
 * What was applied last to each child, to tell an apply that would change nothing: the same fields as last time, and the
 * cache shows that all of them still are so. Then no request is sent, however often the reconcile runs.
 *
 * It keeps a digest of 32 bytes per child, and of each owner only the children of its last run: what is given up, and all of
 * an owner that is gone, is forgotten.
 */
import { hash } from 'node:crypto';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { isApplied } from './is-subset.js';

export class ApplyMemory {
  readonly #byOwner = new Map<string, OwnerMemory>();

  /** What is known of an owner's children, for a run that begins. No two runs of one owner go on at once. */
  begin(owner: string): OwnerMemory {
    const memory = this.#byOwner.get(owner) ?? new OwnerMemory();
    this.#byOwner.set(owner, memory);
    memory.begin();
    return memory;
  }

  /** The run has ended well: what it did not apply is no child any more. After a failed run everything stays. */
  end(owner: string): void {
    const memory = this.#byOwner.get(owner);
    if (memory?.keepApplied() === 0) this.#byOwner.delete(owner);
  }

  /** Drops all that is known of an owner's children: it is gone. */
  forget(owner: string): void {
    this.#byOwner.delete(owner);
  }

  /** How many children are remembered, of all owners. */
  get size(): number {
    return [...this.#byOwner.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

/** The children of one owner. */
export class OwnerMemory {
  readonly #digests = new Map<string, string>();
  readonly #applied = new Set<string>();

  begin(): void {
    this.#applied.clear();
  }

  /** @param cached - the child as the cache has it; undefined where it is absent or not watched. */
  isCurrent(child: string, wanted: object, cached: DeepReadonly<KubeObject> | undefined): boolean {
    this.#applied.add(child);
    const known = this.#digests.get(child);
    return cached !== undefined && known !== undefined && known === digestOf(wanted) && isApplied(wanted, cached);
  }

  remember(child: string, wanted: object): void {
    this.#applied.add(child);
    this.#digests.set(child, digestOf(wanted));
  }

  forget(child: string): void {
    this.#digests.delete(child);
  }

  /** Drops what was not applied since the run began, and tells how many remain. */
  keepApplied(): number {
    for (const child of this.#digests.keys()) if (!this.#applied.has(child)) this.#digests.delete(child);
    this.#applied.clear();
    return this.size;
  }

  get size(): number {
    return this.#digests.size;
  }
}

function digestOf(wanted: object): string {
  return hash('sha256', JSON.stringify(wanted), 'base64');
}
