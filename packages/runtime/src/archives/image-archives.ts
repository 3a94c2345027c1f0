import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';
import { asError } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import type { ContentStore } from '../content/content-store.js';
import type { ImagePuller } from '../images/image-puller.js';
import type { ImageRecord } from '../images/image-record.js';
import type { ImageStore } from '../images/image-store.js';
import { archivedImages } from './archived-images.js';
import { readArchive } from './read-archive.js';
import { archiveBytes } from '../tar/archive-bytes.js';

export interface ImageArchivesOptions {
  readonly content: ContentStore;
  readonly store: ImageStore;
  readonly puller: ImagePuller;
}

const nameAnnotation = 'io.containerd.image.name';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Brings images from archives, and puts them into some. */
export class ImageArchives {
  readonly #options: ImageArchivesOptions;

  constructor(options: ImageArchivesOptions) {
    this.#options = options;
  }

  /**
   * Adds the images of an archive: an OCI layout or what `docker save` writes, packed with gzip or zstd or not.
   *
   * @throws ARCHIVE_INVALID, DIGEST_MISMATCH, and what unpacking a layer throws; images before the wrong one stay.
   */
  async import(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<ImageRecord[]> {
    const { content, store, puller } = this.#options;
    const directory = await content.scratch();
    try {
      const found = await archivedImages(await readArchive(archive, directory, signal));
      const release = store.hold({ content: found.flatMap(({ parts }) => parts.map(({ digest }) => digest)) });
      try {
        const images: ImageRecord[] = [];
        for (const { manifest, tags, parts } of found) {
          for (const { path, digest } of parts) if (!(await content.has(digest))) await content.adopt(path, digest);
          images.push(await puller.add(manifest, { tags, digests: [] }, signal));
        }
        return images;
      } finally {
        release();
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  /**
   * An archive with images, each given by a name or id: an OCI layout that `docker load` reads, too. The images are kept until
   * the stream ends.
   *
   * @throws IMAGE_UNKNOWN
   */
  export(names: readonly string[]): Readable {
    const { store } = this.#options;
    const images = names.map((name) => {
      const image = store.find(name);
      if (image === undefined) throw runtimeErrors.IMAGE_UNKNOWN({ name });
      return image;
    });
    const release = store.hold({ content: images.flatMap((image) => image.content) });
    const archive = Readable.from(this.#pack(images));
    archive.once('close', release);
    return archive;
  }

  async *#pack(images: readonly ImageRecord[]): AsyncIterable<Uint8Array> {
    const { pack } = await import('tar-stream');
    const archive = pack();
    this.#fill(archive, images).catch((error: unknown) => archive.destroy(asError(error)));
    yield* archiveBytes(archive);
  }

  async #fill(archive: Pack, images: readonly ImageRecord[]): Promise<void> {
    const { content } = this.#options;
    const text = (name: string, value: object): void => void archive.entry({ name }, JSON.stringify(value));
    text('oci-layout', { imageLayoutVersion: '1.0.0' });
    for (const digest of new Set(images.flatMap((image) => image.content))) {
      const { size } = await stat(content.path(digest));
      await pipeline(createReadStream(content.path(digest)), archive.entry({ name: blobName(digest), size }));
    }
    const manifests = await Promise.all(
      images.map(async ({ manifest, tags }) => {
        const described = {
          mediaType: manifestType,
          digest: manifest,
          size: (await stat(content.path(manifest))).size,
        };
        if (tags.length === 0) return [described];
        return tags.map((tag) => ({ ...described, annotations: { [nameAnnotation]: tag } }));
      }),
    );
    text('index.json', { schemaVersion: 2, manifests: manifests.flat() });
    const listed = images.map(({ content: [, config = '', ...layers], tags }) => ({
      Config: blobName(config),
      RepoTags: tags,
      Layers: layers.map(blobName),
    }));
    text('manifest.json', listed);
    archive.finalize();
  }
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}
