/** The plugin behind a cluster's objects. Which one it is, the options say; another takes its place with `replaces: 'storage'`. */
import { MemoryStorage, SqliteStorage } from '@kubewright/apiserver';
import type { Storage } from '@kubewright/apiserver';
import { Plugin, inject, token } from '@kubewright/core';
import type { Lifecycle, Token } from '@kubewright/core';
import { DataDirectory } from '../data-directory/data-directory.js';
import { clusterErrors } from '../errors/cluster-errors.js';

export interface StorageBackend {
  /** Open from the plugin's start to its stop. */
  readonly storage: Storage;
}

export const StorageBackend: Token<StorageBackend> = token('@kubewright/cluster/StorageBackend');

/** Keeps nothing beyond the process. */
@Plugin({ name: 'storage', stage: 'foundation', provides: [StorageBackend] })
export class MemoryBackend implements StorageBackend, Lifecycle {
  readonly storage = new MemoryStorage();

  stop(): Promise<void> {
    return this.storage.close();
  }
}

/** Keeps everything in the data directory. */
@Plugin({ name: 'storage', stage: 'foundation', provides: [StorageBackend] })
export class SqliteBackend implements StorageBackend, Lifecycle {
  #storage: SqliteStorage | undefined;

  constructor(@inject(DataDirectory) private readonly directory: DataDirectory) {}

  async start(): Promise<void> {
    if (this.directory.path === undefined) throw clusterErrors.DIRECTORY_REQUIRED({});
    this.#storage = await SqliteStorage.open(this.directory.path);
  }

  async stop(): Promise<void> {
    await this.#storage?.close();
  }

  get storage(): Storage {
    if (this.#storage === undefined) throw clusterErrors.NOT_SERVING({});
    return this.#storage;
  }
}
