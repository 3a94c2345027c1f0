import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemRandom } from '@kubewright/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeferredRemoval } from './deferred-removal.js';

describe('DeferredRemoval', () => {
  let home: string;
  beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'kw-trash-'))));
  afterEach(() => rm(home, { recursive: true }));

  it('frees a name at once, removes what had it, and also what an earlier process left', async () => {
    const [directory, path] = [join(home, 'trash'), join(home, 'thing')];
    await mkdir(join(directory, 'left', 'below'), { recursive: true });
    const removal = new DeferredRemoval(directory, new SystemRandom());
    await removal.open();
    for (let round = 0; round < 2; round++) {
      await mkdir(path);
      await writeFile(join(path, 'file'), '');
      await removal.put(path);
      expect(await readdir(home)).toEqual(['trash']);
    }
    await removal.put(join(home, 'none'));
    await removal.emptied();
    expect(await readdir(directory)).toEqual([]);
  });
});
