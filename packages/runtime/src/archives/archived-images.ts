/**
 * Images in archives: the OCI layout and what `docker save` writes. Neighbours: `content` keeps the parts, `images` makes an
 * image of them. Nothing here speaks with registries.
 */
import { readFile } from 'node:fs/promises';
import { isList, recordOf } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import { isDigest } from '../image-spec/digest.js';
import { choosePlatform, hostPlatform, largestManifest, parseManifest } from '../image-spec/manifest.js';
import { parseReference, repositoryName } from '../registry/reference.js';
import type { ArchivedFile, ArchivedFiles } from './read-archive.js';

/** An image that an archive holds. */
export interface ArchivedImage {
  readonly manifest: Buffer;
  readonly tags: readonly string[];
  /** What the manifest names, by digest. */
  readonly parts: readonly ArchivedFile[];
}

/** Names in the index of a layout: OCI's, which may be a tag alone, and that of other tools, which is whole. */
const nameAnnotations = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'];
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** The images of an archive: of its OCI layout where it has one, otherwise as `docker save` lists them. @throws ARCHIVE_INVALID */
export async function archivedImages(files: ArchivedFiles): Promise<ArchivedImage[]> {
  if (files.has('index.json')) return layoutImages(files);
  if (files.has('manifest.json')) return dockerImages(files);
  throw runtimeErrors.ARCHIVE_INVALID({ reason: 'it has neither index.json nor manifest.json' });
}

async function layoutImages(files: ArchivedFiles): Promise<ArchivedImage[]> {
  const { manifests } = recordOf(await json(files, 'index.json'));
  if (!isList(manifests)) throw runtimeErrors.ARCHIVE_INVALID({ reason: 'index.json lists no manifests' });
  return Promise.all(
    manifests.map(recordOf).map(async (entry) => {
      const manifest = await layoutManifest(files, entry['digest'], 0);
      const annotations = recordOf(entry['annotations']);
      const names = nameAnnotations.map((name) => annotations[name]).filter((name) => typeof name === 'string');
      // A tag alone says nothing of where the image is from.
      const full = names.filter((name) => name.includes('/') || name.includes(':')).slice(0, 1);
      return imageOf(manifest, full, (digest) => blob(files, digest));
    }),
  );
}

/** The manifest of a digest; where that is an index, the one for this machine. */
async function layoutManifest(files: ArchivedFiles, digest: unknown, depth: number): Promise<Buffer> {
  const bytes = await small(blob(files, digest));
  const parsed = parseManifest(bytes, String(digest));
  if ('config' in parsed) return bytes;
  if (depth > 2) throw runtimeErrors.ARCHIVE_INVALID({ reason: 'indexes lead to indexes without an end' });
  return layoutManifest(files, choosePlatform(parsed, hostPlatform(), 'the archive').digest, depth + 1);
}

async function dockerImages(files: ArchivedFiles): Promise<ArchivedImage[]> {
  const listed = await json(files, 'manifest.json');
  if (!isList(listed)) throw runtimeErrors.ARCHIVE_INVALID({ reason: 'manifest.json is no list' });
  return listed.map(recordOf).map(({ Config, RepoTags, Layers }) => {
    const config = fileOf(files, Config);
    const layers = (Array.isArray(Layers) ? Layers : []).map((name) => fileOf(files, name));
    const described = (file: ArchivedFile, mediaType: string): object => ({
      mediaType,
      digest: file.digest,
      size: file.size,
    });
    const manifest = {
      schemaVersion: 2,
      mediaType: manifestType,
      config: described(config, 'application/vnd.oci.image.config.v1+json'),
      layers: layers.map((layer) => described(layer, 'application/vnd.oci.image.layer.v1.tar')),
    };
    const byDigest = new Map([config, ...layers].map((file) => [file.digest, file]));
    const tags = (Array.isArray(RepoTags) ? RepoTags : []).filter((tag) => typeof tag === 'string');
    return imageOf(Buffer.from(JSON.stringify(manifest)), tags, (digest) => fileOf(byDigest, digest));
  });
}

function imageOf(manifest: Buffer, names: readonly string[], find: (digest: string) => ArchivedFile): ArchivedImage {
  const parsed = parseManifest(manifest, 'of the archive');
  if (!('config' in parsed)) throw runtimeErrors.ARCHIVE_INVALID({ reason: 'a manifest is an index' });
  const tags = names.map(parseReference).flatMap((reference) => {
    const { tag } = reference;
    return tag === undefined ? [] : [`${repositoryName(reference)}:${tag}`];
  });
  return { manifest, tags, parts: [parsed.config, ...parsed.layers].map(({ digest }) => find(digest)) };
}

function blob(files: ArchivedFiles, digest: unknown): ArchivedFile {
  if (!isDigest(digest)) throw runtimeErrors.ARCHIVE_INVALID({ reason: 'an entry has no sha256 digest' });
  const file = fileOf(files, `blobs/${digest.replace(':', '/')}`);
  if (file.digest !== digest) throw runtimeErrors.DIGEST_MISMATCH({ expected: digest, actual: file.digest });
  return file;
}

function fileOf(files: ArchivedFiles, name: unknown): ArchivedFile {
  const file = files.get(String(name));
  if (file === undefined) throw runtimeErrors.ARCHIVE_INVALID({ reason: `it lacks the file '${String(name)}'` });
  return file;
}

/** A file that is read as a whole. */
function small({ path, size }: ArchivedFile): Promise<Buffer> {
  if (size <= largestManifest) return readFile(path);
  throw runtimeErrors.ARCHIVE_INVALID({ reason: `a list or manifest of it has more than ${largestManifest} bytes` });
}

async function json(files: ArchivedFiles, name: string): Promise<unknown> {
  try {
    const parsed: unknown = JSON.parse((await small(fileOf(files, name))).toString());
    return parsed;
  } catch (cause) {
    if (runtimeErrors.ARCHIVE_INVALID.is(cause)) throw cause;
    throw runtimeErrors.ARCHIVE_INVALID({ reason: `${name} is no JSON` }, { cause });
  }
}
