import { constants, createDeflate, createInflate } from 'node:zlib';
import type { Deflate, Inflate } from 'node:zlib';
import { criSdkErrors } from '../../errors.js';
import { spdyDictionary } from './dictionary.js';

/** Names in lower case. Several values of one name are joined by a zero byte, as on the wire. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** More than any client of a runtime sends; a block that unpacks to more is refused while it is unpacked. */
const largestBlock = 64 * 1024;

/**
 * Packs and unpacks the header blocks of one connection. Each direction is one compressed stream over all blocks, so blocks
 * go through in the order of the wire; calls queue up by themselves.
 */
export class HeaderCodec {
  readonly #deflate: Deflate = createDeflate({ dictionary: spdyDictionary });
  readonly #inflate: Inflate = createInflate({ dictionary: spdyDictionary });
  #packing: Promise<unknown> = Promise.resolve();
  #unpacking: Promise<unknown> = Promise.resolve();

  pack(headers: SpdyHeaders): Promise<Buffer> {
    const packed = this.#packing.then(() => through(this.#deflate, encodeHeaders(headers)));
    this.#packing = packed.catch(() => undefined);
    return packed;
  }

  /** @throws SPDY_PROTOCOL for a block that is no header block, or a too large one. */
  unpack(block: Uint8Array): Promise<SpdyHeaders> {
    const unpacked = this.#unpacking.then(async () => decodeHeaders(await through(this.#inflate, block)));
    this.#unpacking = unpacked.catch(() => undefined);
    return unpacked;
  }

  close(): void {
    this.#deflate.destroy();
    this.#inflate.destroy();
  }
}

/** Writes a block and takes what comes out of it: a sync flush ends at a byte, so the output is whole. */
function through(stream: Deflate | Inflate, block: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const fail = (error: Error): void => {
      stop();
      reject(criSdkErrors.SPDY_PROTOCOL({ reason: 'a header block cannot be unpacked' }, { cause: error }));
    };
    const closed = (): void => fail(new Error('the connection was closed'));
    const collect = (part: Buffer): void => {
      parts.push(part);
      size += part.length;
      if (size > largestBlock) stream.destroy(new Error('it is too large'));
    };
    const stop = (): void => {
      stream.off('data', collect).off('error', fail).off('close', closed);
      stream.on('error', () => undefined); // a late error has nobody to tell
    };
    if (stream.destroyed) return closed();
    stream.on('data', collect).on('error', fail).on('close', closed);
    stream.write(block);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      // What the flush brought out is pushed before its callback, but may wait in the stream's buffer.
      setImmediate(() => {
        stop();
        resolve(Buffer.concat(parts));
      });
    });
  });
}

function encodeHeaders(headers: SpdyHeaders): Buffer {
  const parts: Buffer[] = [number32(headers.size)];
  for (const [name, value] of headers) {
    for (const text of [name.toLowerCase(), value]) {
      const bytes = Buffer.from(text);
      parts.push(number32(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

function decodeHeaders(block: Buffer): SpdyHeaders {
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw criSdkErrors.SPDY_PROTOCOL({ reason: 'a header block is cut short' });
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > block.length) throw criSdkErrors.SPDY_PROTOCOL({ reason: 'a header is cut short' });
    at += length;
    return block.toString('utf8', at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left--) headers.set(text().toLowerCase(), text());
  return headers;
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
