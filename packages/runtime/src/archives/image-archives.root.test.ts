import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../image-spec/digest.js';
import { FakeRegistry } from '../testing/fake-registry.js';
import { openImageParts } from '../testing/image-parts.js';
import { tarOf } from '../testing/tar.js';
import type { TarEntry } from '../testing/tar.js';
import { ImageArchives } from './image-archives.js';

type Parts = Awaited<ReturnType<typeof openImageParts>>;

describe.skipIf(process.getuid?.() !== 0)('image archives (needs root)', () => {
  let home: string;
  const opened: Parts[] = [];
  const { signal } = new AbortController();

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-archive-'));
  });
  afterEach(async () => {
    for (const parts of opened.splice(0)) await parts.close();
    await rm(home, { recursive: true });
  });

  const open = async (name: string): Promise<Parts & { readonly archives: ImageArchives }> => {
    const parts = await openImageParts(join(home, name));
    opened.push(parts);
    return { ...parts, archives: new ImageArchives(parts) };
  };
  async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
  }
  const fileIn = async ({ snapshotter }: Parts, layers: readonly string[], name: string): Promise<string> => {
    const { path } = await snapshotter.mount('c1', layers);
    try {
      return await readFile(join(path, name), 'utf8');
    } finally {
      await snapshotter.remove('c1');
    }
  };

  it('exports what it pulled, and imports it elsewhere under the same id and names', async () => {
    await using registry = await new FakeRegistry().start();
    const [one, other] = [await open('one'), await open('other')];
    const name = await registry.push('a/app', '1', [[{ name: 'app', content: 'it' }]], { config: { Cmd: ['/app'] } });
    const image = await one.pull(name);
    const archive = await buffer(one.archives.export([name]));
    const [imported] = await other.archives.import(stream(gzipSync(archive)), signal);
    expect(imported).toMatchObject({ id: image.id, tags: [name], process: { command: ['/app'] }, size: image.size });
    expect(await fileIn(other, imported?.layers ?? [], 'app')).toBe('it');
    expect(() => one.archives.export(['none'])).toThrow(/KW_RUNTIME_IMAGE_UNKNOWN/);
    await other.store.remove(image.id);
    expect(await other.content.list()).toEqual([]);
  });

  const layer = (): Promise<Buffer> => tarOf([{ name: 'app', content: 'it' }]);
  const configOf = (bytes: Buffer): string =>
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(bytes)] } });

  it('imports what docker save writes, with layers that are links', async () => {
    const { archives, ...parts } = await open('one');
    const bytes = await layer();
    const entries: TarEntry[] = [
      { name: 'real/layer.tar', content: bytes },
      { name: 'again/layer.tar', type: 'symlink', linkname: '../real/layer.tar' },
      { name: 'c.json', content: configOf(bytes) },
      {
        name: 'manifest.json',
        content: JSON.stringify([{ Config: 'c.json', RepoTags: ['app:2'], Layers: ['again/layer.tar'] }]),
      },
    ];
    const [image] = await archives.import(stream(await tarOf(entries)), signal);
    expect(image?.tags).toEqual(['docker.io/library/app:2']);
    expect(await fileIn(parts, image?.layers ?? [], 'app')).toBe('it');
    expect(parts.store.find('app:2')?.id).toBe(image?.id);
  });

  it.each<[string, () => Promise<TarEntry[]>, RegExp]>([
    ['nothing of an image', async () => [{ name: 'x', content: '' }], /neither index.json nor manifest.json/],
    [
      'a file that is not there',
      async () => [{ name: 'manifest.json', content: '[{"Config":"../../etc/passwd","Layers":[]}]' }],
      /lacks the file '..\/..\/etc\/passwd'/,
    ],
    [
      'content that is not what its name says',
      async () => [
        { name: `blobs/sha256/${'0'.repeat(64)}`, content: '{}' },
        { name: 'index.json', content: JSON.stringify({ manifests: [{ digest: `sha256:${'0'.repeat(64)}` }] }) },
      ],
      /KW_RUNTIME_DIGEST_MISMATCH/,
    ],
  ])('refuses an archive with %s, and keeps nothing of it', async (_what, entries, reason) => {
    const { archives, content } = await open('one');
    await expect(archives.import(stream(await tarOf(await entries())), signal)).rejects.toThrow(reason);
    expect(await content.list()).toEqual([]);
    expect(await readdir(join(home, 'one/content/partial'))).toEqual([]);
  });

  it('refuses what is no archive', async () => {
    const { archives } = await open('one');
    await expect(archives.import(stream(Buffer.alloc(3_000, 'x')), signal)).rejects.toThrow(
      /KW_RUNTIME_ARCHIVE_INVALID/,
    );
    await expect(archives.import(stream(Buffer.alloc(0)), signal)).rejects.toThrow(/it is empty/);
  });
});
