import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterErrors } from '../errors/cluster-errors.js';
import { DataDirectory } from './data-directory.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewright-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

async function failureOf(directory: DataDirectory): Promise<unknown> {
  return await directory.start().then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('DataDirectory', () => {
  it('belongs to its owner alone, and to one cluster at a time', async () => {
    const path = join(folder, 'deep', 'data');
    const first = new DataDirectory({ path });
    await first.start();
    expect([await mode(path), await mode(join(path, 'lock'))]).toEqual(['700', '600']);
    const second = new DataDirectory({ path });
    const refusal = await failureOf(second);
    expect(clusterErrors.DATA_DIRECTORY_IN_USE.is(refusal) && refusal.details).toEqual({ path, pid: process.pid });
    await first.stop();
    await second.start();
    await second.stop();
    expect(await readdir(path)).toEqual([]);
  });

  it.each([
    ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' })],
    ['an earlier process with a pid that is in use again', JSON.stringify({ pid: process.pid, startedAt: '1' })],
    ['nobody that can be read', '{"pid":'],
  ])('takes over the lock of %s', async (_whose, content) => {
    await writeFile(join(folder, 'lock'), content);
    const directory = new DataDirectory({ path: folder });
    await directory.start();
    expect(JSON.parse(await readFile(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    await directory.stop();
  });

  it('reads and replaces files that only their owner sees', async () => {
    const directory = new DataDirectory({ path: folder });
    expect(await directory.read('secret')).toBeUndefined();
    await directory.write('secret', 'one');
    await directory.write('secret', 'two');
    expect([await directory.read('secret'), await mode(join(folder, 'secret')), await readdir(folder)]).toEqual([
      'two',
      '600',
      ['secret'],
    ]);
  });

  it('keeps nothing where there is no directory', async () => {
    const directory = new DataDirectory({ path: undefined });
    await directory.start();
    await directory.write('secret', 'one');
    expect(await directory.read('secret')).toBeUndefined();
    await directory.stop();
  });

  it('says what is wrong with the path', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'file', 'below')]) {
      const error = await failureOf(new DataDirectory({ path }));
      expect(clusterErrors.DATA_DIRECTORY_UNUSABLE.is(error) && error.details['problem']).toBe(
        'is not a directory, or lies below a file',
      );
    }
  });
});
