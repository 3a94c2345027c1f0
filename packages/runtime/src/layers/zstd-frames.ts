import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { ByteSource } from '../tar/byte-source.js';

/** Numbers of the format, RFC 8878. */
const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const repeatedByte = 1;
const unknownBlock = 3;

/**
 * Unpacks zstd with any number of frames, and with frames that hold something else: that is how layers are written whose files
 * can be fetched one by one. Node stops after the first frame.
 */
export async function* unpackZstd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const source = new ByteSource(bytes);
  try {
    for (let start = await source.takeOrEnd(4); start !== undefined; start = await source.takeOrEnd(4)) {
      const magic = start.readUInt32LE();
      if ((magic & 0xfffffff0) >>> 0 === skippableMagic) await source.skip((await source.take(4)).readUInt32LE());
      else if (magic !== frameMagic) throw new Error('it goes on with something that is no zstd');
      else yield* unpackFrame(Buffer.from(start), source);
    }
  } finally {
    await source.close();
  }
}

async function* unpackFrame(start: Buffer, source: ByteSource): AsyncGenerator<Buffer> {
  const unpacked = createZstdDecompress({ chunkSize: 128 * 1024 });
  const packed = Readable.from(frameOf(start, source));
  packed.on('error', (error) => unpacked.destroy(error));
  const chunks: AsyncIterable<Buffer> = packed.pipe(unpacked);
  yield* chunks;
}

/** The bytes of one frame, told by the sizes of its blocks. */
async function* frameOf(start: Buffer, source: ByteSource): AsyncGenerator<Buffer> {
  const [descriptor = 0] = await source.take(1);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  yield Buffer.concat([start, Buffer.of(descriptor)]);
  const rest = (isSingleSegment ? 0 : 1) + dictionary + contentSize;
  if (rest > 0) yield source.take(rest);
  for (let isLast = false; !isLast;) {
    const header = Buffer.from(await source.take(3));
    yield header;
    const fields = header.readUIntLE(0, 3);
    isLast = (fields & 1) !== 0;
    const type = (fields >> 1) & 3;
    if (type === unknownBlock) throw new Error('it has a block of an unknown type');
    for (let left = type === repeatedByte ? 1 : fields >> 3; left > 0;) {
      const some = await source.some(left);
      left -= some.length;
      yield some;
    }
  }
  if ((descriptor & 4) !== 0) yield source.take(4);
}
