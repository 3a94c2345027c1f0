import type { Storage } from '@kubewright/apiserver';

/** Tells when anything at all was written to a storage. */
export class StorageChanges {
  #next = Promise.withResolvers<void>();

  private constructor() {}

  /** Follows a storage from now on, until the signal aborts. */
  static async follow(storage: Storage, signal: AbortSignal): Promise<StorageChanges> {
    const changes = new StorageChanges();
    const revision = await storage.currentRevision();
    void changes.#run(storage, revision, signal);
    return changes;
  }

  /** Resolves at the next write after this call. */
  next(): Promise<void> {
    return this.#next.promise;
  }

  async #run(storage: Storage, revision: bigint, signal: AbortSignal): Promise<void> {
    try {
      for await (const _batch of storage.watch('/', revision, signal)) {
        this.#next.resolve();
        this.#next = Promise.withResolvers();
      }
    } catch {
      // A storage that fails says so to whoever reads or writes.
    }
  }
}
