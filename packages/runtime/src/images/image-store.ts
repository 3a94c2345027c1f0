import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '@kubewright/core';
import { writeFileDurably } from '@kubewright/linux';
import { parseTrusted } from '@kubewright/core';
import type { ContentStore } from '../content/content-store.js';
import type { Snapshotter } from '../layers/snapshotter.js';
import { parseReference, referenceText, repositoryName } from '../registry/reference.js';
import { bootId } from '../state/boot-id.js';
import type { ImageRecord } from './image-record.js';

const format = 1;

export interface ImageStoreOptions {
  readonly directory: string;
  readonly content: ContentStore;
  readonly snapshotter: Snapshotter;
  readonly random: Random;
}

/**
 * The images of the machine by id and name, and the garbage collection of what none of them needs. Lookups answer from
 * memory; every change is on disk before it is seen.
 */
export class ImageStore {
  readonly #options: ImageStoreOptions;
  readonly #path: string;
  #images: ReadonlyMap<string, ImageRecord> = new Map();
  /** Content and layers that are needed beyond the images: by a pull that goes on, or by containers of a removed image. */
  readonly #holds = new Map<symbol, { readonly content: readonly string[]; readonly layers: readonly string[] }>();
  #writing: Promise<unknown> = Promise.resolve();
  #settling = Promise.resolve();
  #boot = '';

  constructor(options: ImageStoreOptions) {
    this.#options = options;
    this.#path = join(options.directory, 'images.json');
  }

  /** Reads what is stored. */
  async open(): Promise<void> {
    this.#boot = await bootId();
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    const text = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (text === undefined) return;
    const { images } = parseTrusted<{ readonly images: readonly ImageRecord[] }>(text);
    const settled = images.filter(({ unsettled }) => unsettled === undefined || unsettled === this.#boot);
    const whole: ImageRecord[] = [];
    for (const image of settled) if (await this.#isUnpacked(image)) whole.push(image);
    this.#images = new Map(whole.map((image) => [image.id, image]));
    // Damaged layers must not be taken for those that are fetched anew, even where dead containers stand on them.
    if (settled.length < images.length) await this.#options.snapshotter.keepOnly(() => this.#needed('layers'));
    this.#settling = this.#settle().catch(() => undefined);
  }

  /** Layers may be gone, or be called otherwise by another version. */
  async #isUnpacked({ layers }: ImageRecord): Promise<boolean> {
    for (const layer of new Set(layers)) if (!(await this.#options.snapshotter.has(layer))) return false;
    return true;
  }

  /** Resolves when everything that was added survives a power cut, or could not be made to. */
  async settled(): Promise<void> {
    await this.#settling;
  }

  list(): readonly ImageRecord[] {
    return [...this.#images.values()];
  }

  /** The image of an id, of its first digits, or of a name; undefined where there is none. */
  find(name: string): ImageRecord | undefined {
    const byId = this.#images.get(name) ?? this.#images.get(`sha256:${name}`);
    if (byId !== undefined) return byId;
    const named = this.#named(name);
    if (named !== undefined) return named;
    if (!/^[0-9a-f]{12,64}$/.test(name)) return undefined;
    const starting = this.list().filter(({ id }) => id.startsWith(`sha256:${name}`));
    return starting.length === 1 ? starting[0] : undefined;
  }

  /** Adds an image, and takes its tags from those that had them. Of an image that is known already the names are joined. */
  async put(image: ImageRecord): Promise<ImageRecord> {
    const put = await this.#change((images) => {
      const known = images.get(image.id);
      for (const other of images.values()) {
        const tags = other.tags.filter((tag) => !image.tags.includes(tag));
        if (tags.length < other.tags.length) images.set(other.id, { ...other, tags });
      }
      const merged = {
        ...image,
        tags: union(known?.tags, image.tags),
        digests: union(known?.digests, image.digests),
        pinned: image.pinned || (known?.pinned ?? false),
        // Making layers last takes as long as the disk is busy, with whatever else; nobody has to wait for it.
        unsettled: this.#boot,
      };
      images.set(image.id, merged);
      return merged;
    });
    this.#settling = this.#settling.then(() => this.#settle()).catch(() => undefined);
    return put;
  }

  /** Where it fails, images stay marked; the next one that is added, or the next start, tries again. */
  async #settle(): Promise<void> {
    const marked = this.list().filter(({ unsettled }) => unsettled !== undefined);
    if (marked.length === 0) return;
    await this.#options.snapshotter.settle();
    await this.#change((images) => {
      for (const { id } of marked) {
        const image = images.get(id);
        if (image === undefined) continue;
        const { unsettled: _mark, ...rest } = image;
        images.set(id, rest);
      }
    });
  }

  /** Removes an image with all its names, and what only it needed. */
  async remove(id: string): Promise<void> {
    await this.#change((images) => images.delete(id));
    await this.collect();
  }

  /** Keeps content and layers until the answer is called. */
  hold(needed: { readonly content?: readonly string[]; readonly layers?: readonly string[] }): () => void {
    const key = Symbol('hold');
    this.#holds.set(key, { content: needed.content ?? [], layers: needed.layers ?? [] });
    return () => void this.#holds.delete(key);
  }

  /** Removes content and layers that no image and no hold needs. */
  collect(): Promise<void> {
    const work = this.#writing.then(() => this.#collect());
    this.#writing = work.catch(() => undefined);
    return work;
  }

  async #collect(): Promise<void> {
    const { content, snapshotter } = this.#options;
    // Looked at anew for each, since pulls go on meanwhile and may come to need it.
    for (const digest of await content.list()) if (!this.#needed('content').has(digest)) await content.remove(digest);
    await content.dropPartial(() => this.#needed('content'));
    await snapshotter.keepOnly(() => this.#needed('layers'));
  }

  #needed(kind: 'content' | 'layers'): ReadonlySet<string> {
    return new Set([...this.#images.values(), ...this.#holds.values()].flatMap((one) => one[kind]));
  }

  #named(name: string): ImageRecord | undefined {
    try {
      const reference = parseReference(name);
      const { digest } = reference;
      if (digest === undefined) {
        const tag = referenceText(reference);
        return this.list().find(({ tags }) => tags.includes(tag));
      }
      const exact = `${repositoryName(reference)}@${digest}`;
      return this.list().find(({ digests }) => digests.includes(exact));
    } catch {
      return undefined;
    }
  }

  /** Changes go one after the other; memory follows the disk. */
  #change<T>(change: (images: Map<string, ImageRecord>) => T): Promise<T> {
    const work = this.#writing.then(async () => {
      const images = new Map(this.#images);
      const result = change(images);
      const temporary = Buffer.from(this.#options.random.bytes(4)).toString('hex');
      const text = JSON.stringify({ format, images: [...images.values()] });
      await writeFileDurably(this.#path, text, { mode: 0o600, temporary });
      this.#images = images;
      return result;
    });
    this.#writing = work.catch(() => undefined);
    return work;
  }
}

function union(one: readonly string[] = [], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])];
}
