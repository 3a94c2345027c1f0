import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { openImageParts, tarOf } from '@kubewright/runtime/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DockerRegistry, digestOf } from './docker-registry.js';
import { missingHere } from './programs.js';
import { TokenServer } from './token-server.js';

const oci = 'application/vnd.oci.image';
const docker = 'application/vnd.docker';
const user = { username: 'user', password: 'pass' };
/** `pass`, as the registry wants passwords. */
const hashed = '$2b$05$abcdefghijklmnopqrstuuZFBUbfXoM8LFiPx8LYlO/sXZB/Cwk3K';

describe.skipIf(missingHere('docker-registry', 'openssl').length > 0)(
  "Debian's registry (needs root, docker-registry, openssl)",
  () => {
    let registry: DockerRegistry;
    let home: string;
    let parts: Awaited<ReturnType<typeof openImageParts>>;
    let mirrored: string;

    beforeAll(async () => {
      registry = await DockerRegistry.start();
    });
    afterAll(() => registry[Symbol.asyncDispose]());
    beforeEach(async () => {
      home = await mkdtemp(join(tmpdir(), 'kw-pull-'));
      mirrored = 'registry.invalid';
      parts = await openImageParts(home, { [mirrored]: [`http://${registry.host}`] });
    });
    afterEach(async () => {
      await parts.close();
      await rm(home, { recursive: true });
    });

    /** Pushes an image whose file `app` says `content`. */
    const push = async (
      repository: string,
      content: string,
      types: { readonly manifest: string; readonly config: string; readonly layer: string },
      pack: (bytes: Buffer) => Buffer,
    ) => {
      const layer = await tarOf([{ name: 'app', content }]);
      const config = Buffer.from(
        JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } }),
      );
      const packed = pack(layer);
      const described = async (bytes: Buffer, mediaType: string) => ({
        mediaType,
        digest: await registry.pushBlob(repository, bytes),
        size: bytes.length,
      });
      const manifest = {
        schemaVersion: 2,
        mediaType: types.manifest,
        config: await described(config, types.config),
        layers: [await described(packed, types.layer)],
      };
      const digest = await registry.pushManifest(repository, '1', manifest);
      return { digest, size: JSON.stringify(manifest).length };
    };
    const ociTypes = {
      manifest: `${oci}.manifest.v1+json`,
      config: `${oci}.config.v1+json`,
      layer: `${oci}.layer.v1.tar+gzip`,
    };
    const contentOf = async (name: string, options = {}): Promise<string> => {
      const { layers } = await parts.pull(name, options);
      const { path } = await parts.snapshotter.mount('c1', layers);
      const text = await readFile(join(path, 'app'), 'utf8');
      await parts.snapshotter.remove('c1');
      return text;
    };

    it.each([
      ['OCI with gzip', ociTypes, (bytes: Buffer) => gzipSync(bytes)],
      ['OCI with zstd', { ...ociTypes, layer: `${oci}.layer.v1.tar+zstd` }, (bytes: Buffer) => zstdCompressSync(bytes)],
      [
        'Docker',
        {
          manifest: `${docker}.distribution.manifest.v2+json`,
          config: `${docker}.container.image.v1+json`,
          layer: `${docker}.image.rootfs.diff.tar.gzip`,
        },
        (bytes: Buffer) => gzipSync(bytes),
      ],
    ])('gives a public image: %s', async (name, types, pack) => {
      const repository = `public/${name.toLowerCase().replaceAll(' ', '-')}`;
      await push(repository, name, types, pack);
      expect(await contentOf(`${registry.host}/${repository}:1`)).toBe(name);
    });

    it('gives the image for this machine, of an index and by digest, and through a mirror', async () => {
      const repository = 'public/many';
      const ours = await push(repository, 'ours', ociTypes, gzipSync);
      const theirs = await push(repository, 'theirs', ociTypes, gzipSync);
      const entry = (image: object, architecture: string) => ({
        mediaType: ociTypes.manifest,
        ...image,
        platform: { os: 'linux', architecture },
      });
      const here = process.arch === 'x64' ? 'amd64' : process.arch;
      const index = {
        schemaVersion: 2,
        mediaType: `${oci}.index.v1+json`,
        manifests: [entry(theirs, 's390x'), entry(ours, here)],
      };
      const digest = await registry.pushManifest(repository, 'many', index);
      expect(await contentOf(`${registry.host}/${repository}:many`)).toBe('ours');
      expect(await contentOf(`${registry.host}/${repository}@${digest}`)).toBe('ours');
      expect(await contentOf(`${mirrored}/${repository}:many`)).toBe('ours');
    });

    it('wants a password, and gives the image for it', async () => {
      await push('private/basic', 'basic', ociTypes, gzipSync);
      await using guarded = await DockerRegistry.start(async (directory) => {
        const path = join(directory, 'users');
        await writeFile(path, `user:${hashed}\n`);
        return `auth: { htpasswd: { realm: test, path: ${path} } }`;
      }, registry);
      const name = `${guarded.host}/private/basic:1`;
      await expect(parts.pull(name)).rejects.toThrow(/answered 401/);
      await expect(parts.pull(name, { credentials: { ...user, password: 'no' } })).rejects.toThrow(/answered 401/);
      expect(await contentOf(name, { credentials: user })).toBe('basic');
    });

    it('wants a token, and gives the image for it', async () => {
      await push('private/token', 'token', ociTypes, gzipSync);
      await using tokens = await TokenServer.start();
      await using guarded = await DockerRegistry.start(tokens.auth, registry);
      const name = `${guarded.host}/private/token:1`;
      await expect(parts.pull(name)).rejects.toThrow(/answered 401 for a token/);
      expect(await contentOf(name, { credentials: user })).toBe('token');
    });
  },
);
