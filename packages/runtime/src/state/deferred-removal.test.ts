import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemRandom } from '@kubewright/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Trash } from './deferred-removal.js';

describe('Trash', () => {
  let home: string;
  beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'kw-trash-'))));
  afterEach(() => rm(home, { recursive: true }));

  it('frees a name at once, removes what had it, and also what an earlier process left', async () => {
    const [directory, path] = [join(home, 'trash'), join(home, 'thing')];
    await mkdir(join(directory, 'left', 'below'), { recursive: true });
    const trash = new Trash(directory, new SystemRandom());
    await trash.open();
    for (let round = 0; round < 2; round++) {
      await mkdir(path);
      await writeFile(join(path, 'file'), '');
      await trash.put(path);
      expect(await readdir(home)).toEqual(['trash']);
    }
    await trash.put(join(home, 'none'));
    await trash.emptied();
    expect(await readdir(directory)).toEqual([]);
  });
});
