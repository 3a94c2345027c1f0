/** The storage of an embedded cluster that has a data directory. */
import { SqliteStorage } from '@kubewright/apiserver';
import { Plugin, inject } from '@kubewright/core';
import { DataDirectory } from '../data-directory/data-directory.js';
import { clusterErrors } from '../errors/cluster-errors.js';

/** Keeps everything in the cluster's data directory. */
@Plugin({ name: 'storage' })
export class DirectoryStorage extends SqliteStorage {
  constructor(@inject(DataDirectory) { path }: DataDirectory) {
    if (path === undefined) throw clusterErrors.DIRECTORY_REQUIRED({});
    super(path);
  }
}
