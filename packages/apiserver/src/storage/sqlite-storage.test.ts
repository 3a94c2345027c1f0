import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { errors } from '../errors.js';
import { SqliteStorage } from './sqlite-storage.js';

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))));

async function fresh(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kubewright-sqlite-'));
  directories.push(directory);
  return directory;
}

const bytes = (size: number, fill: number): Uint8Array => new Uint8Array(size).fill(fill);

describe('SqliteStorage', () => {
  it('continues state and revisions after a restart, also when everything was deleted and compacted', async () => {
    const directory = await fresh();
    let storage = await SqliteStorage.open(directory);
    const created = await storage.create('/a', bytes(10, 1));
    if (!created.ok) throw new Error('not created');
    const deleted = await storage.delete('/a', created.revision);
    if (!deleted.ok) throw new Error('not deleted');
    await storage.compact(deleted.revision);
    await storage.close();
    storage = await SqliteStorage.open(directory);
    expect(await storage.currentRevision()).toBe(deleted.revision);
    expect(await storage.compactedRevision()).toBe(deleted.revision);
    const next = await storage.create('/b', bytes(10, 2));
    expect(next.ok && next.revision > deleted.revision).toBe(true);
    await storage.close();
  });

  it('keeps a second server out and names the process that holds the directory', async () => {
    const directory = await fresh();
    const storage = await SqliteStorage.open(directory);
    await expect(SqliteStorage.open(directory)).rejects.toThrow(`in use by process ${process.pid}`);
    await storage.close();
    await (await SqliteStorage.open(directory)).close();
  });

  it('recovers from a log cut anywhere: the state is a prefix of the acknowledged writes, and revisions go on', async () => {
    const directory = await fresh();
    const storage = await SqliteStorage.open(directory);
    const revisions: bigint[] = [];
    for (let n = 0; n < 40; n++) {
      const result = await storage.create(`/k/${String(n).padStart(3, '0')}`, bytes(300 + n * 50, n));
      if (result.ok) revisions.push(result.revision);
    }
    // Copied while open: closing would move the log into the database.
    const original = join(directory, 'kubewright.db');
    const size = (await readFile(`${original}-wal`)).length;
    const copy = await fresh();
    let previous = -1;
    for (let cut = 0; cut <= 24; cut++) {
      const target = join(copy, 'kubewright.db');
      await copyFile(original, target);
      await copyFile(`${original}-wal`, `${target}-wal`);
      await truncate(`${target}-wal`, Math.min(Math.floor((size * cut) / 24) + (cut % 3) * 7, size));
      const recovered = await SqliteStorage.open(copy);
      const { entries, revision } = await recovered.list('/k/');
      expect(entries.map(({ value }) => value[0])).toEqual(entries.map((_, n) => n));
      expect(entries.every(({ value }, n) => value.length === 300 + n * 50)).toBe(true);
      expect(entries.length).toBeGreaterThanOrEqual(previous);
      expect(revision).toBe(entries.length === 0 ? 1n : revisions[entries.length - 1]);
      const next = await recovered.create('/next', bytes(1, 1));
      expect(next.ok && next.revision > revision).toBe(true);
      previous = entries.length;
      await recovered.close();
      await rm(target);
    }
    expect(previous, 'nothing is lost of an intact log').toBe(40);
    await storage.close();
  }, 60_000);

  it('answers an error when there is no space left, loses nothing, and works on after space was freed', async () => {
    const directory = await fresh();
    const storage = await SqliteStorage.open(directory, { maxBytes: 200_000 });
    let failure: unknown;
    const written: bigint[] = [];
    for (let n = 0; n < 100 && failure === undefined; n++) {
      try {
        const result = await storage.create(`/k/${n}`, bytes(8_000, n));
        if (result.ok) written.push(result.revision);
      } catch (error) {
        failure = error;
      }
    }
    expect(errors.STORAGE_FULL.is(failure)).toBe(true);
    const { entries, revision } = await storage.list('/k/');
    expect(entries).toHaveLength(written.length);
    expect(revision).toBe(written.at(-1));
    const second = await SqliteStorage.open(directory).catch((error: unknown) => error);
    expect(errors.DATA_LOCKED.is(second)).toBe(true);
    await storage.close();
    const reopened = await SqliteStorage.open(directory);
    expect((await reopened.list('/k/')).entries).toHaveLength(written.length);
    expect((await reopened.create('/more', bytes(8_000, 1))).ok).toBe(true);
    await reopened.close();
  });

  it('is readable by its owner alone, also in a directory of others and after an older run', async () => {
    const directory = await fresh();
    await chmod(directory, 0o755);
    const modes = async (): Promise<string[]> => {
      const names = ['kubewright.db', 'kubewright.db-wal', 'kubewright.pid'];
      const found = await Promise.all(names.map((name) => stat(join(directory, name))));
      return found.map(({ mode }) => (mode & 0o777).toString(8));
    };
    const umask = process.umask(0);
    try {
      const storage = await SqliteStorage.open(directory);
      await storage.create('/a', bytes(10, 1));
      expect(await modes()).toEqual(['600', '600', '600']);
      await copyFile(join(directory, 'kubewright.db-wal'), join(directory, 'copy'));
      await storage.close();
      await copyFile(join(directory, 'copy'), join(directory, 'kubewright.db-wal'));
      for (const name of ['kubewright.db', 'kubewright.db-wal']) await chmod(join(directory, name), 0o644);
      const again = await SqliteStorage.open(directory);
      await again.create('/b', bytes(10, 1));
      expect(await modes()).toEqual(['600', '600', '600']);
      await again.close();
    } finally {
      process.umask(umask);
    }
  });

  it('says what is wrong with a folder in the place of the file, and with another schema', async () => {
    const folder = await fresh();
    await mkdir(join(folder, 'kubewright.db'));
    await expect(SqliteStorage.open(folder)).rejects.toThrow(`${join(folder, 'kubewright.db')}: `);
    const other = await fresh();
    const db = new DatabaseSync(join(other, 'kubewright.db'));
    db.exec('CREATE TABLE log (revision INTEGER PRIMARY KEY, key TEXT, deleted INTEGER, val BLOB)');
    db.close();
    const storage = await SqliteStorage.open(other);
    await expect(storage.list('/')).rejects.toThrow(`${join(other, 'kubewright.db')}: no such column`);
    await storage.close();
  });

  it('says what is wrong with a file that is no database', async () => {
    const directory = await fresh();
    await writeFile(
      join(directory, 'kubewright.db'),
      'this is no database, and it is long enough to be told from one'.repeat(20),
    );
    await expect(SqliteStorage.open(directory)).rejects.toThrow('not a database');
  });
});
