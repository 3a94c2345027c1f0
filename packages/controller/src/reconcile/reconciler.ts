import type { DeepReadonly, KubeObject, ObjectKey } from '@kubewright/api';
import type { Outcome } from './outcome.js';
import type { ReconcileContext } from './reconcile-context.js';

/**
 * Brings one object's world to what the object wants. Extend it, and decorate the class with `@Controller`.
 *
 * It is called for an object whenever it or something it owns changed, and once for each that exists at the start; never for
 * one object twice at the same time. It must be idempotent: what it is told is that something changed, not what.
 */
export abstract class Reconciler<T extends KubeObject> {
  /**
   * @param object - from the cache, read-only, at least as new as what this controller last wrote for it.
   * @returns nothing, or when to run again. A thrown error runs it again with backoff (5 ms doubled up to 1000 s); a
   * `TerminalError` does not; a conflict is retried without being reported.
   */
  abstract reconcile(object: DeepReadonly<T>, ctx: ReconcileContext<T>): Promise<Outcome>;

  /** Called when an object is gone for good: drop what is kept in memory about it. What is outside belongs to a finalizer. */
  forget?(key: ObjectKey): void;
}
