/**
 * Content by its digest: what registries give, kept on disk under the hash of its bytes. Neighbours: `registry` fetches,
 * `images` knows which content belongs together.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory, writeFileDurably } from '@kubewright/linux';
import { runtimeErrors } from '../errors.js';
import { digestOf, hexOf, isDigest } from '../image-spec/digest.js';
import type { Digest } from '../image-spec/digest.js';

const scratch = 'scratch-';
/** Bytes that are written at once. */
const writeSize = 512 * 1024;

/** Bytes of one digest, and how many they should be. */
export interface Expected {
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Keeps content under its digest. What is in the store is whole, has its digest, and survived a power cut; what is being
 * fetched lies beside it and is gone on with by the next attempt.
 */
export class ContentStore {
  readonly #blobs: string;
  readonly #partial: string;
  /** What is on its way out. */
  readonly #leaving = new Map<Digest, Promise<void>>();
  #puts = 0;

  /** @param directory - made when needed. */
  constructor(directory: string) {
    this.#blobs = join(directory, 'blobs');
    this.#partial = join(directory, 'partial');
  }

  async open(): Promise<void> {
    for (const directory of [this.#blobs, this.#partial]) await mkdir(directory, { recursive: true, mode: 0o700 });
    // Hidden files are what a crash left of small content.
    const left = (await readdir(this.#blobs)).filter((name) => name.startsWith('.'));
    for (const name of left) await rm(join(this.#blobs, name), { force: true });
    const scratches = (await readdir(this.#partial)).filter((name) => name.startsWith(scratch));
    for (const name of scratches) await rm(join(this.#partial, name), { recursive: true });
  }

  path(digest: Digest): string {
    return join(this.#blobs, hexOf(digest));
  }

  /** Whether content is there. Where it is being removed, that is waited for. */
  async has(digest: Digest): Promise<boolean> {
    await this.#leaving.get(digest)?.catch(() => undefined);
    return (await stat(this.path(digest)).catch(() => undefined)) !== undefined;
  }

  read(digest: Digest): Promise<Buffer> {
    return readFile(this.path(digest));
  }

  /** Stores bytes under the digest that they have. */
  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes);
    if (await this.has(digest)) return digest;
    await writeFileDurably(this.path(digest), bytes, { mode: 0o600, temporary: `${this.#puts++}` });
    return digest;
  }

  /** Takes a file on the same file system as content of the digest that its maker found it to have. The file is gone then. */
  async adopt(file: string, digest: Digest): Promise<void> {
    const handle = await open(file, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(file, this.path(digest));
    await syncDirectory(this.#blobs);
  }

  /** A directory of its own on the store's file system, for files that may be adopted. Who asks for it removes it. */
  scratch(): Promise<string> {
    return mkdtemp(join(this.#partial, scratch));
  }

  /** Goes on with content where an earlier attempt stopped. One writer per digest at a time. */
  async writer(expected: Expected): Promise<ContentWriter> {
    const path = join(this.#partial, hexOf(expected.digest));
    return ContentWriter.open(path, this.path(expected.digest), this.#blobs, expected);
  }

  async list(): Promise<Digest[]> {
    return (await readdir(this.#blobs)).map((name) => `sha256:${name}`).filter(isDigest);
  }

  /** Whoever asks for it from now on learns that it is gone. */
  async remove(digest: Digest): Promise<void> {
    const leaving = rm(this.path(digest), { force: true }).finally(() => this.#leaving.delete(digest));
    this.#leaving.set(digest, leaving);
    await leaving;
  }

  /** Forgets unfinished content that nobody fetches any more. @param needed - asked again for each. */
  async dropPartial(needed: () => ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#partial)) {
      if (!needed().has(`sha256:${name}`) && !name.startsWith(scratch))
        await rm(join(this.#partial, name), { force: true });
    }
  }
}

/** Content that arrives. It is hashed while it is written. */
export class ContentWriter {
  readonly #file: FileHandle;
  readonly #paths: { readonly partial: string; readonly final: string; readonly directory: string };
  readonly #expected: Expected;
  #hash: Hash;
  #size: number;
  /** Chunks of the network are small; they are written together. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  private constructor(
    file: FileHandle,
    paths: { readonly partial: string; readonly final: string; readonly directory: string },
    expected: Expected,
    start: { readonly hash: Hash; readonly size: number },
  ) {
    this.#file = file;
    this.#paths = paths;
    this.#expected = expected;
    this.#hash = start.hash;
    this.#size = start.size;
  }

  static async open(partial: string, final: string, directory: string, expected: Expected): Promise<ContentWriter> {
    const file = await open(partial, 'a', 0o600);
    const hash = createHash('sha256');
    let size = 0;
    const chunks: AsyncIterable<Buffer> = createReadStream(partial);
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
    }
    const writer = new ContentWriter(file, { partial, final, directory }, expected, { hash, size });
    if (size > expected.size) await writer.restart();
    return writer;
  }

  /** Bytes that are there already. */
  get size(): number {
    return this.#size;
  }

  /** @throws CONTENT_SIZE as soon as there are too many. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#size += chunk.length;
    if (this.#size > this.#expected.size) {
      const { digest, size: expected } = this.#expected;
      throw runtimeErrors.CONTENT_SIZE({ digest, expected, actual: this.#size });
    }
    this.#hash.update(chunk);
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= writeSize) await this.#flush();
  }

  /** Begins anew. */
  async restart(): Promise<void> {
    this.#waiting = [];
    this.#waitingBytes = 0;
    await this.#file.truncate(0);
    this.#hash = createHash('sha256');
    this.#size = 0;
  }

  /** Puts the content in its place. Content that is wrong is removed. @throws DIGEST_MISMATCH, CONTENT_SIZE */
  async commit(): Promise<void> {
    const { digest, size: expected } = this.#expected;
    await this.#flush();
    const actual = `sha256:${this.#hash.digest('hex')}`;
    if (this.#size !== expected || actual !== digest) {
      await rm(this.#paths.partial, { force: true });
      if (this.#size !== expected) throw runtimeErrors.CONTENT_SIZE({ digest, expected, actual: this.#size });
      throw runtimeErrors.DIGEST_MISMATCH({ expected: digest, actual });
    }
    await this.#file.sync();
    await rename(this.#paths.partial, this.#paths.final);
    await syncDirectory(this.#paths.directory);
  }

  /** Keeps what has come for the next attempt. */
  async close(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      await this.#file.close();
    }
  }

  async #flush(): Promise<void> {
    const [chunks, bytes] = [this.#waiting, this.#waitingBytes];
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (chunks.length === 0) return;
    const { bytesWritten } = await this.#file.writev(chunks);
    if (bytesWritten < bytes) await this.#file.write(Buffer.concat(chunks).subarray(bytesWritten));
  }
}
