import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { describeStorageContract } from '../testing/storage-contract.js';
import { MemoryStorage } from './memory-storage.js';
import { SqliteStorage } from './sqlite-storage.js';

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))));

describeStorageContract({ describe, it }, 'memory', () => Promise.resolve(new MemoryStorage()));
describeStorageContract({ describe, it }, 'SQLite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kubewright-storage-'));
  directories.push(directory);
  return SqliteStorage.open(directory);
});
