import { Duplex, PassThrough } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { unpackZstd } from './zstd-frames.js';

const gzipMagic = Buffer.from([0x1f, 0x8b]);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** The beginning of a frame that holds something else; its lowest four bits may be any. */
const skippableMagic = Buffer.from([0x2a, 0x4d, 0x18]);

/** What unpacks content that begins with these bytes: the bytes tell more surely than a media type. */
export function decompressorFor(start: Buffer): Duplex {
  if (start.subarray(0, 2).equals(gzipMagic)) return createGunzip({ chunkSize: 128 * 1024 });
  const isSkippable = start.subarray(1, 4).equals(skippableMagic) && ((start[0] ?? 0) & 0xf0) === 0x50;
  if (start.subarray(0, 4).equals(zstdMagic) || isSkippable) return Duplex.from(unpackZstd);
  return new PassThrough();
}
