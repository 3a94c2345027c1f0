import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KubewrightError, messageOf } from '@kubewright/core';
import { linuxErrors } from '@kubewright/linux';
import { runtimeErrors } from '../errors.js';
import { readTar } from '../tar/read-tar.js';
import { TarInvalid } from '../tar/tar-header.js';
import { EntryApplier, EntryRefused } from './apply-entry.js';
import { decompressorFor } from './decompress.js';
import { defaultLayerLimits, harmlessBytes } from './layer-limits.js';
import type { LayerLimits } from './layer-limits.js';

/** Bytes that are read at once: with fewer, reading waits more than it reads. */
const readAhead = 512 * 1024;

export interface ApplyLayerOptions {
  /** Names the layer in errors. */
  readonly name: string;
  readonly limits?: LayerLimits;
  readonly signal: AbortSignal;
}

/** What was unpacked. */
export interface AppliedLayer {
  /** The digest of the archive without compression, which an image's configuration lists. */
  readonly diffId: string;
  /** Bytes of the files. */
  readonly size: number;
}

/**
 * Unpacks an archive (plain, gzip or zstd) into an empty directory that nobody else changes meanwhile. Nothing is written
 * outside of it, whatever the archive says.
 *
 * @throws LAYER_INVALID, LAYER_TOO_LARGE; the directory is then useless.
 */
export async function applyLayer(
  archive: string,
  directory: string,
  options: ApplyLayerOptions,
): Promise<AppliedLayer> {
  const { name, signal, limits = defaultLayerLimits } = options;
  const hash = createHash('sha256');
  const packed = (await stat(archive)).size;
  const largest = Math.min(limits.bytes, Math.max(harmlessBytes, packed * limits.ratio));
  let unpacked = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      unpacked += chunk.length;
      hash.update(chunk);
      if (unpacked <= largest) done(null, chunk);
      else done(runtimeErrors.LAYER_TOO_LARGE({ layer: name, reason: `it unpacks to more than ${largest} bytes` }));
    },
  });
  let size = 0;
  try {
    await pipeline(
      createReadStream(archive, { highWaterMark: Math.min(readAhead, packed + 1) }),
      decompressorFor(await firstBytes(archive)),
      watch,
      async (bytes: AsyncIterable<Uint8Array>) => {
        size = await applyEntries(bytes, directory, name, limits);
      },
      { signal },
    );
  } catch (cause) {
    signal.throwIfAborted();
    if (KubewrightError.is(cause)) throw cause;
    const entry = cause instanceof TarInvalid ? shownName(cause.entry) : '';
    const problem = messageOf(cause);
    const reason = entry === '' ? `cannot be read: ${problem}` : problem;
    throw runtimeErrors.LAYER_INVALID({ layer: name, entry, reason }, { cause });
  }
  return { diffId: `sha256:${hash.digest('hex')}`, size };
}

async function applyEntries(
  bytes: AsyncIterable<Uint8Array>,
  directory: string,
  layer: string,
  limits: LayerLimits,
): Promise<number> {
  const applier = new EntryApplier(directory);
  let count = 0;
  let size = 0;
  const tooLarge = (reason: string): Error => runtimeErrors.LAYER_TOO_LARGE({ layer, reason });
  for await (const member of readTar(bytes)) {
    if (++count > limits.entries) throw tooLarge(`it has more than ${limits.entries} entries`);
    // Holes count as what they are to those who read them.
    size += member.header.size;
    if (size > limits.bytes) throw tooLarge(`its files have more than ${limits.bytes} bytes`);
    await applier.apply(member).catch((error: unknown) => {
      // Anything else comes from the archive, and is explained where that was read.
      if (!(error instanceof EntryRefused) && !isSystemError(error)) throw error;
      const entry = shownName(member.header.name);
      throw runtimeErrors.LAYER_INVALID({ layer, entry, reason: error.message }, { cause: error });
    });
  }
  applier.finish();
  return size;
}

/** A name as people read it: most are UTF-8. */
function shownName(name: string): string {
  return Buffer.from(name, 'latin1').toString();
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** An error of a call to the system, Node's or ours. */
function isSystemError(error: unknown): error is Error {
  return linuxErrors.SYSCALL.is(error) || (error instanceof Error && 'syscall' in error);
}
