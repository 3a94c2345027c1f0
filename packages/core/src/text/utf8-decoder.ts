import { isUtf8 } from 'node:buffer';
import { coreErrors } from '../errors/core-errors.js';

/**
 * Text from UTF-8 that comes in pieces. A character cut by a piece's end is put together; what is no UTF-8 is refused, where
 * Node's own decoders put U+FFFD in its place: what was read so and written back has lost what it was.
 */
export class Utf8Decoder {
  /** The beginning of a character whose end has not come yet. */
  #rest: Uint8Array = new Uint8Array();

  /** @throws NOT_UTF8 */
  write(piece: Uint8Array): string {
    const bytes = this.#rest.byteLength === 0 ? asBuffer(piece) : Buffer.concat([this.#rest, piece]);
    const end = bytes.byteLength - unfinished(bytes);
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole)) throw coreErrors.NOT_UTF8({});
    // A copy, since the piece may be a part of a buffer that is used again.
    this.#rest = Uint8Array.from(bytes.subarray(end));
    return whole.toString('utf8');
  }

  /** @throws NOT_UTF8 where the last character is not whole */
  end(): void {
    if (this.#rest.byteLength > 0) throw coreErrors.NOT_UTF8({});
  }
}

/** The text of bytes that came as a whole. @throws NOT_UTF8 */
export function decodeUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw coreErrors.NOT_UTF8({});
  return asBuffer(bytes).toString('utf8');
}

/** How many bytes at the end are the beginning of a character: its first byte tells how many it has. */
function unfinished(bytes: Uint8Array): number {
  const last = bytes.byteLength;
  for (let back = 1; back <= Math.min(3, last); back++) {
    const byte = bytes[last - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back ? back : 0;
  }
  return 0;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
