/**
 * Read your writes: before a key is reconciled again, the cache must hold what this controller last wrote for it. A write is
 * remembered by the kind and key it touched, with the uid and resourceVersion the server answered (of a delete: the uid).
 * Waiting is woken by the informer's events; error backoff has no part in it.
 */
import { compareResourceVersion } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import type { SharedInformer } from '@kubewright/informer';

/** What a cache must show. */
export interface Write {
  readonly informer: SharedInformer<KubeObject>;
  readonly key: string;
  readonly uid: string | undefined;
  /**
   * A state at least as new as a resourceVersion; or that the object is going, as after a delete that its finalizers hold up;
   * or that it is gone, as after its last finalizer went.
   */
  readonly until: { readonly resourceVersion: string } | 'deleting' | 'gone';
}

export class OwnWrites {
  readonly #byReconcileKey = new Map<string, Map<string, Write>>();

  /** Remembers a write. Of several to one object the newest counts. */
  record(reconcileKey: string, write: Write): void {
    const writes = this.#byReconcileKey.get(reconcileKey) ?? new Map<string, Write>();
    this.#byReconcileKey.set(reconcileKey, writes);
    writes.set(`${write.informer.kind.plural}.${write.informer.kind.group} ${write.key}`, write);
  }

  /** Resolves when the caches hold every write of the key; rejects with the signal's reason. Forgets what it has seen. */
  async settled(reconcileKey: string, signal: AbortSignal): Promise<void> {
    const writes = this.#byReconcileKey.get(reconcileKey);
    if (writes === undefined) return;
    for (const [id, write] of writes) {
      await write.informer.waitForKey(
        write.key,
        (object) => isVisible(write, object, write.informer.resourceVersion),
        signal,
      );
      if (writes.get(id) === write) writes.delete(id);
    }
    if (writes.size === 0) this.#byReconcileKey.delete(reconcileKey);
  }

  /** Whether nothing is waited for: the usual case, without a promise. */
  isSettled(reconcileKey: string): boolean {
    return !this.#byReconcileKey.has(reconcileKey);
  }

  /** Gives up waiting for a key's writes: it is gone, or they took too long. */
  forget(reconcileKey: string): void {
    this.#byReconcileKey.delete(reconcileKey);
  }
}

/** Whether a cache that is complete up to `cacheVersion` and has `object` under the key shows the write. */
function isVisible({ uid, until }: Write, object: DeepReadonly<KubeObject> | undefined, cacheVersion: string): boolean {
  const isAnother = object?.metadata.uid !== uid;
  if (until === 'gone') return isAnother;
  if (until === 'deleting') return isAnother || object?.metadata.deletionTimestamp !== undefined;
  if (cacheVersion !== '' && compareResourceVersion(cacheVersion, until.resourceVersion) >= 0) return true;
  const shown = isAnother ? undefined : object?.metadata.resourceVersion;
  return shown !== undefined && compareResourceVersion(shown, until.resourceVersion) >= 0;
}
