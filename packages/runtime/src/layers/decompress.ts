import { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

const gzipMagic = Buffer.from([0x1f, 0x8b]);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** What unpacks content that begins with these bytes: the bytes tell more surely than a media type. */
export function decompressorFor(start: Buffer): Transform {
  if (start.subarray(0, 2).equals(gzipMagic)) return createGunzip({ chunkSize: 128 * 1024 });
  if (start.subarray(0, 4).equals(zstdMagic)) return createZstdDecompress({ chunkSize: 128 * 1024 });
  return new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, chunk) });
}
