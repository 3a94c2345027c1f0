import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KubewrightError } from '@kubewright/core';
import { linuxErrors } from '@kubewright/linux';
import type { Extract } from 'tar-stream';
import { runtimeErrors } from '../errors.js';
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
  const { extract } = await import('tar-stream');
  const archiveReader = extract();
  const feeding = pipeline(
    createReadStream(archive, { highWaterMark: readAhead }),
    decompressorFor(await firstBytes(archive)),
    watch,
    archiveReader,
    { signal },
  );
  feeding.catch(() => undefined); // awaited below
  const size = await applyEntries(archiveReader, directory, name, limits).catch(async (error: unknown) => {
    archiveReader.destroy();
    // Where feeding failed, the reader only knows that it was cut off.
    const cause = await feeding.then(
      () => error,
      (reason: unknown) => reason,
    );
    throw KubewrightError.is(error) ? error : readable(cause, error, name, signal);
  });
  await feeding.catch((error: unknown) => {
    throw readable(error, error, name, signal);
  });
  return { diffId: `sha256:${hash.digest('hex')}`, size };
}

async function applyEntries(entries: Extract, directory: string, layer: string, limits: LayerLimits): Promise<number> {
  const applier = new EntryApplier(directory);
  let count = 0;
  let size = 0;
  for await (const entry of entries) {
    if (++count > limits.entries) {
      throw runtimeErrors.LAYER_TOO_LARGE({ layer, reason: `it has more than ${limits.entries} entries` });
    }
    size += entry.header.size;
    await applier.apply(entry.header, entry as AsyncIterable<Uint8Array>).catch((error: unknown) => {
      // Anything else comes from the archive, and is explained where that was read.
      if (!(error instanceof EntryRefused) && !isSystemError(error)) throw error;
      const reason = error.message;
      throw runtimeErrors.LAYER_INVALID({ layer, entry: entry.header.name, reason }, { cause: error });
    });
    entry.resume();
  }
  applier.finish();
  return size;
}

function readable(cause: unknown, seen: unknown, layer: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (KubewrightError.is(cause)) return cause;
  if (KubewrightError.is(seen)) return seen;
  const reason = `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
  return runtimeErrors.LAYER_INVALID({ layer, entry: '', reason }, { cause });
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
