import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '@kubewright/core';
import { decompressorFor } from '../layers/decompress.js';
import { runtimeErrors } from '../errors.js';
import { readTar } from '../tar/read-tar.js';

/** More files than any image has, and more bytes than are brought by hand. */
const mostFiles = 20_000;
const mostBytes = 64 * 1024 ** 3;

/** A file of an archive, kept under a name that the archive has no say in. */
export interface ArchivedFile {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
}

/** The files of an archive by their names in it; links of the archive lead to the same file. */
export type ArchivedFiles = ReadonlyMap<string, ArchivedFile>;

/**
 * Reads an archive, packed or not, into a directory.
 *
 * @throws ARCHIVE_INVALID
 */
export async function readArchive(
  bytes: AsyncIterable<Uint8Array>,
  directory: string,
  signal: AbortSignal,
): Promise<ArchivedFiles> {
  const source = Readable.from(bytes);
  const start = await firstChunk(source);
  source.unshift(start);
  let files: ArchivedFiles = new Map();
  try {
    await pipeline(
      source,
      decompressorFor(start),
      async (unpacked: AsyncIterable<Uint8Array>) => {
        files = await keepFiles(unpacked, directory);
      },
      { signal },
    );
    return files;
  } catch (cause) {
    signal.throwIfAborted();
    if (runtimeErrors.ARCHIVE_INVALID.is(cause)) throw cause;
    if (cause instanceof Error && 'syscall' in cause) throw cause;
    throw runtimeErrors.ARCHIVE_INVALID({ reason: messageOf(cause) }, { cause });
  }
}

async function keepFiles(bytes: AsyncIterable<Uint8Array>, directory: string): Promise<ArchivedFiles> {
  const files = new Map<string, ArchivedFile>();
  const links = new Map<string, string>();
  let total = 0;
  for await (const { header, content } of readTar(bytes)) {
    const { name, type, linkName, size } = header;
    total += size;
    if (files.size + links.size >= mostFiles || total > mostBytes)
      throw runtimeErrors.ARCHIVE_INVALID({ reason: 'it has more than any image has' });
    const at = posix.normalize(name).replace(/^\.?\/+/, '');
    if (type === 'file') files.set(at, await keepFile(content, join(directory, String(files.size))));
    else if (type === 'link') links.set(at, posix.normalize(linkName));
    else if (type === 'symlink') links.set(at, posix.join(posix.dirname(at), linkName));
  }
  for (const [name, target] of links) {
    const file = files.get(target);
    if (file !== undefined) files.set(name, file);
  }
  return files;
}

async function keepFile(content: AsyncIterable<Buffer | number>, path: string): Promise<ArchivedFile> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  let size = 0;
  try {
    for await (const chunk of content) {
      if (typeof chunk === 'number') throw runtimeErrors.ARCHIVE_INVALID({ reason: 'a file of it has holes' });
      hash.update(chunk);
      size += chunk.length;
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  return { path, digest: `sha256:${hash.digest('hex')}`, size };
}

async function firstChunk(source: Readable): Promise<Buffer> {
  const chunks: AsyncIterable<Uint8Array> = source.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) return Buffer.from(chunk);
  throw runtimeErrors.ARCHIVE_INVALID({ reason: 'it is empty' });
}
