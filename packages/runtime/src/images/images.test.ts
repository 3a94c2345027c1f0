import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { SystemRandom } from '@kubewright/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MirrorTable } from '../registry/endpoints.js';
import { FakeRegistry } from '../testing/fake-registry.js';
import { openImageParts } from '../testing/image-parts.js';
import type { PullProgress } from './image-puller.js';

const random = new SystemRandom();
const base = [
  { name: 'etc/os', content: 'base'.repeat(10_000) },
  { name: 'etc/gone', content: '1' },
];
const top = [
  { name: 'app', content: 'app' },
  { name: 'etc/.wh.gone', content: '' },
];

describe.skipIf(process.getuid?.() !== 0)('images (needs root)', () => {
  let directory: string;
  let registry: FakeRegistry;
  const opened: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kw-images-'));
    registry = await new FakeRegistry().start();
  });
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
    await registry[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  const open = async (mirrors: MirrorTable = {}) => {
    const parts = await openImageParts(directory, mirrors);
    opened.push(parts.close);
    return parts;
  };
  const blobRequests = (): string[] => registry.requests.filter((path) => path.includes('/blobs/'));

  it('pulls through an index, and mounts the layers on each other', async () => {
    const { pull, store, snapshotter } = await open();
    const name = await registry.push('a/app', '1', [base, top], {
      index: true,
      config: { Cmd: ['/app'], Env: ['A=b'] },
    });
    const seen: PullProgress[] = [];
    const image = await pull(name, { onProgress: (progress) => seen.push(progress) });
    expect(image).toMatchObject({ tags: [name], process: { command: ['/app'], environment: ['A=b'] } });
    expect(store.find(name)?.id).toBe(image.id);
    expect(store.find(image.id.slice(7, 20))?.id).toBe(image.id);
    expect(seen.filter(({ phase }) => phase === 'unpacked')).toHaveLength(2);
    const { path } = await snapshotter.mount('c1', image.layers);
    expect(await readFile(join(path, 'app'), 'utf8')).toBe('app');
    await expect(stat(join(path, 'etc/gone'))).rejects.toThrow('ENOENT');
    expect((await snapshotter.mount('c1', image.layers)).path).toBe(path);
    await snapshotter.remove('c1');
    expect(await snapshotter.mounted()).toEqual([]);
  });

  it('fetches what images share once, also when they are pulled at the same time', async () => {
    const { pull } = await open();
    const names = await Promise.all([
      registry.push('a/one', '1', [base, top]),
      registry.push('a/two', '1', [base, [{ name: 'two', content: '2' }]]),
    ]);
    await Promise.all([...names, ...names].map((name) => pull(name)));
    const digests = blobRequests().map((path) => path.split('/').at(-1));
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('goes on where a connection was cut', async () => {
    const { pull } = await open();
    const body = Buffer.from(random.bytes(500_000));
    const name = await registry.push('a/app', '1', [[{ name: 'body', content: body }]]);
    registry.behaviour.cutAfter = 100_000;
    await pull(name);
    expect(blobRequests().some((path) => path.includes(' bytes='))).toBe(true);
  });

  it.each(['null', 'no JSON', `{"token":"${'x'.repeat(300_000)}"}`])(
    'refuses an answer of a token server that is none: %.20s',
    async (tokenAnswer) => {
      const { pull } = await open();
      const name = await registry.push('a/app', '1', [base]);
      Object.assign(registry.behaviour, { auth: 'token', tokenAnswer });
      const credentials = { username: 'user', password: 'pass' };
      await expect(pull(name, { credentials })).rejects.toThrow(/request for a token cannot be used/);
    },
  );

  it('refuses content that is not what its digest says', async () => {
    const { pull, content, store } = await open();
    const name = await registry.push('a/app', '1', [base]);
    registry.behaviour.forge = (_digest, bytes) => Buffer.from(bytes).fill(0, 0, 10);
    await expect(pull(name)).rejects.toThrow(/KW_RUNTIME_DIGEST_MISMATCH/);
    registry.behaviour.forge = (_digest, bytes) => Buffer.concat([bytes, bytes]);
    await expect(pull(name)).rejects.toThrow(/KW_RUNTIME_CONTENT_SIZE/);
    delete registry.behaviour.forge;
    await pull(name);
    expect(store.list()).toHaveLength(1);
    expect(await content.list()).toHaveLength(3);
  });

  it.each(['basic', 'token'] as const)('shows %s credentials when asked, and is refused without', async (auth) => {
    const { pull } = await open();
    const name = await registry.push('a/app', '1', [base]);
    registry.behaviour.auth = auth;
    await expect(pull(name)).rejects.toThrow(/answered 401/);
    await expect(pull(name, { credentials: { username: 'user', password: 'wrong' } })).rejects.toThrow(/401/);
    await pull(name, { credentials: { username: 'user', password: 'pass' } });
  });

  it('asks mirrors first, and passes over those that are down', async () => {
    const { pull } = await open({ 'registry.example': ['http://127.0.0.1:1', `http://${registry.host}`] });
    await registry.push('a/app', '1', [base], { pack: (bytes) => zstdCompressSync(bytes) });
    const image = await pull('registry.example/a/app:1');
    expect(image.tags).toEqual(['registry.example/a/app:1']);
    await expect(pull('registry.example/a/none:1')).rejects.toThrow();
  });

  it('moves a tag to the newer image, and removes what nobody needs', async () => {
    const { pull, store, content } = await open();
    const name = await registry.push('a/app', '1', [base]);
    const old = await pull(name);
    await registry.push('a/app', '1', [base, top]);
    const image = await pull(name);
    expect(store.find(old.id)?.tags).toEqual([]);
    await store.remove(old.id);
    expect(await content.list()).toHaveLength(4);
    const reopened = await open();
    expect(reopened.store.find(name)?.id).toBe(image.id);
    await reopened.store.remove(image.id);
    expect(await content.list()).toEqual([]);
    expect(await readdir(join(directory, 'o/l'))).toEqual([]);
  });

  it('forgets an image that a power cut may have damaged, and none that is on disk', async () => {
    const { pull, store } = await open();
    const name = await registry.push('a/app', '1', [base]);
    await pull(name);
    await store.settled();
    expect((await open()).store.find(name)).toBeDefined();
    const file = join(directory, 'images', 'images.json');
    const stored = JSON.parse(await readFile(file, 'utf8')) as { images: object[] };
    const images = stored.images.map((image) => ({ ...image, unsettled: 'the boot before' }));
    await writeFile(file, JSON.stringify({ ...stored, images }));
    const { store: after, snapshotter, pull: again } = await open();
    expect([after.list(), await readdir(join(directory, 'o/l'))]).toEqual([[], []]);
    const { layers } = await again(name);
    expect(await snapshotter.has(layers[0] ?? '')).toBe(true);
    await after.settled();
  });

  it('tells nobody of content and layers that are being removed, so that pulls bring them again', async () => {
    const { pull, store, content, snapshotter } = await open();
    const name = await registry.push('a/app', '1', [base]);
    const first = await pull(name);
    const [layer = ''] = first.layers;
    let asked: Promise<boolean> | undefined;
    await snapshotter.keepOnly(() => {
      // As a pull that comes right after the layer was found to be of no use.
      queueMicrotask(() => void (asked = snapshotter.has(layer)));
      return new Set();
    });
    expect(await asked).toBe(false);
    const [digest = first.manifest] = await content.list();
    const removal = content.remove(digest);
    expect(await content.has(digest)).toBe(false);
    await removal;
    for (let round = 0; round < 5; round++) {
      const [image] = await Promise.all([pull(name), store.remove(first.id)]);
      for (const diffId of image.layers) expect(await snapshotter.has(diffId)).toBe(true);
    }
  });

  it('stops when its caller gives up', async () => {
    const { pull } = await open();
    const name = await registry.push('a/app', '1', [base]);
    await expect(pull(name, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});
