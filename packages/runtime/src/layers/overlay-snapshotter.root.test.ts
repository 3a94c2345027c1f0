import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../image-spec/digest.js';
import { SystemPrograms } from '../programs/program-runner.js';
import { tarOf } from '../testing/tar.js';
import type { TarEntry } from '../testing/tar.js';
import { OverlaySnapshotter } from './overlay-snapshotter.js';

describe.skipIf(process.getuid?.() !== 0)('OverlaySnapshotter (needs root)', () => {
  let home: string;
  let snapshotter: OverlaySnapshotter;
  const { signal } = new AbortController();
  const open = async (directory: string): Promise<void> => {
    const clock = new SystemClock();
    const programs = new SystemPrograms(clock);
    snapshotter = new OverlaySnapshotter({ directory, random: new SystemRandom(), clock, programs });
    await snapshotter.open();
  };
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-overlay-'));
    await open(join(home, 'o'));
  });
  afterEach(async () => {
    for (const id of await snapshotter.mounted()) await snapshotter.remove(id);
    snapshotter.close();
    await rm(home, { recursive: true });
  });

  const unpack = async (entries: readonly TarEntry[]): Promise<string> => {
    const archive = join(home, 'archive');
    const bytes = await tarOf(entries);
    await writeFile(archive, bytes);
    const diffId = digestOf(bytes);
    await snapshotter.unpack(archive, diffId, signal);
    return diffId;
  };
  /** The files of the root and what they say. */
  const shown = async (layers: readonly string[], id = 'x'): Promise<Record<string, string>> => {
    const { path } = await snapshotter.mount(id, layers);
    const names = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const files = names.map(async ({ parentPath, name }) => {
      const file = join(parentPath, name);
      return [file.slice(path.length + 1), await readFile(file, 'utf8')] as const;
    });
    return Object.fromEntries(await Promise.all(files));
  };

  it('stacks layers of which one is repeated, wherever it is', async () => {
    const [a, b, c] = [
      await unpack([
        { name: 'f', content: 'a' },
        { name: 'd/a', content: 'a' },
        { name: 'd/.wh.c', content: '' },
      ]),
      await unpack([
        { name: 'f', content: 'b' },
        { name: '.wh.d', content: '' },
      ]),
      await unpack([
        { name: 'd/c', content: 'c' },
        { name: 'f', content: 'c' },
      ]),
    ];
    expect(await shown([a, a], '1')).toEqual({ f: 'a', 'd/a': 'a' });
    expect(await shown([a, b, a], '2')).toEqual({ f: 'a', 'd/a': 'a' });
    expect(await shown([a, b, a, b], '3')).toEqual({ f: 'b' });
    expect(await shown([a, c, a], '4')).toEqual({ f: 'a', 'd/a': 'a' });
    expect(await shown([a, c], '5')).toEqual({ f: 'c', 'd/a': 'a', 'd/c': 'c' });
  });

  it('stacks as many layers as it says, below a path of any length and spelling', async () => {
    snapshotter.close();
    await open(join(home, `a:b,c\\d ${'long'.repeat(50)}`));
    const layers: string[] = [];
    for (let index = 0; index < snapshotter.mostLayers; index++)
      layers.push(await unpack([{ name: `f${index}`, content: String(index) }]));
    expect(Object.keys(await shown(layers)).length).toBe(snapshotter.mostLayers);
  });

  it('hides all below a layer that says so of its root', async () => {
    const secret = await unpack([{ name: 'secret', content: 's' }]);
    const fresh = await unpack([
      { name: '.wh..wh..opq', content: '' },
      { name: 'new', content: 'n' },
    ]);
    const above = await unpack([{ name: 'above', content: 'a' }]);
    expect(await shown([secret, fresh, above])).toEqual({ new: 'n', above: 'a' });
  });

  it('hides of lower layers what a layer removes, and nothing of its own, in any order of entries', async () => {
    const below = await unpack([
      { name: 'd/old', content: 'o' },
      { name: 'd/sub/old', content: 'o' },
      { name: 'f', content: 'o' },
      { name: 'link', type: 'symlink', linkname: 'd' },
    ]);
    const removed: readonly TarEntry[] = [
      { name: '.wh.d', content: '' },
      { name: 'd/', type: 'directory', mode: 0o750 },
      { name: 'd/new', content: 'n' },
    ];
    const cases: readonly (readonly [readonly TarEntry[], Record<string, string>])[] = [
      [removed, { f: 'o', 'd/new': 'n' }],
      [removed.filter(({ type }) => type === undefined), { f: 'o', 'd/new': 'n' }],
      [
        [
          { name: 'd/.wh..wh..opq', content: '' },
          { name: 'd/new', content: 'n' },
          { name: 'd/.wh.gone', content: '' },
        ],
        { f: 'o', 'd/new': 'n' },
      ],
      [
        [
          { name: '.wh.f', content: '' },
          { name: 'f/new', content: 'n' },
        ],
        { 'd/old': 'o', 'd/sub/old': 'o', 'f/new': 'n' },
      ],
      [
        [
          { name: '.wh.d', content: '' },
          { name: 'd', content: 'file' },
        ],
        { f: 'o', d: 'file' },
      ],
      [
        [
          { name: 'd/.wh.old', content: '' },
          { name: 'd/old', content: 'own' },
          { name: 'd/.wh.sub', content: '' },
        ],
        { f: 'o', 'd/old': 'own' },
      ],
    ];
    let roots = 0;
    for (const [entries, expected] of cases)
      for (const order of permutations(entries))
        expect(await shown([below, await unpack(order)], `r${roots++}`)).toEqual(expected);
  });

  it('does not bring back what an earlier entry of the layer had replaced', async () => {
    const below = await unpack([{ name: 'd/old', content: 'o' }]);
    const layer = await unpack([
      { name: 'd', content: 'file' },
      { name: 'd/', type: 'directory' },
      { name: 'd/new', content: 'n' },
    ]);
    expect(await shown([below, layer])).toEqual({ 'd/new': 'n' });
  });

  it('removes what links of the layer lead to', async () => {
    const below = await unpack([{ name: 'real/old', content: 'o' }]);
    const layer: readonly TarEntry[] = [
      { name: 'link', type: 'symlink', linkname: '/real' },
      { name: 'link/.wh.old', content: '' },
      { name: 'real/new', content: 'n' },
    ];
    let roots = 0;
    for (const order of permutations(layer))
      expect(await shown([below, await unpack(order)], `r${roots++}`)).toEqual({ 'real/new': 'n' });
  });
});

function permutations<T>(values: readonly T[]): T[][] {
  if (values.length < 2) return [[...values]];
  return values.flatMap((value, index) => permutations(values.toSpliced(index, 1)).map((rest) => [value, ...rest]));
}
