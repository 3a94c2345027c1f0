import { apiErrors } from '../errors.js';

/** How a field's value lies on the wire. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Up to this length a text is read here rather than by a call into the engine, which costs more than a few letters. */
const shortText = 24;

/** Reads protobuf from bytes. Every method throws KW_API_PROTOBUF where the bytes end too soon or are malformed. */
export class Reader {
  position = 0;
  readonly #buffer: Buffer;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.#buffer.length;
  }

  /** The low 32 bits of a varint, unsigned: what tags, lengths, bools and int32 are made of. */
  uint32(end: number): number {
    const first = this.#byte(end);
    if (first < 128) return first;
    let value = first & 127;
    for (let shift = 7; shift < 70; shift += 7) {
      const byte = this.#byte(end);
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw malformed('a number is longer than ten bytes');
  }

  /** A field's number and wire type. No field has the number 0. */
  tag(end: number): number {
    const tag = this.uint32(end);
    if (tag < 8) throw malformed('a field has the number 0');
    return tag;
  }

  /** A 64-bit number. Beyond 2^53 its last digits are lost, as in JSON.parse. */
  int64(end: number): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte(end);
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) return high * 4_294_967_296 + (low >>> 0);
    }
    throw malformed('a number is longer than ten bytes');
  }

  bool(end: number): boolean {
    return this.int64(end) !== 0;
  }

  double(end: number): number {
    if (this.position + 8 > end) throw truncated();
    this.position += 8;
    return this.#buffer.readDoubleLE(this.position - 8);
  }

  /** The end of the bytes whose length comes next. */
  lengthEnd(end: number): number {
    const length = this.uint32(end);
    return this.#checked(this.position + length, end);
  }

  /** UTF-8; bytes that are none become U+FFFD, as in the JSON that Go writes. */
  text(end: number): string {
    const stop = this.lengthEnd(end);
    const start = this.position;
    this.position = stop;
    if (stop - start <= shortText) {
      let text = '';
      for (let at = start; at < stop; at++) {
        const code = this.#buffer[at] ?? 0;
        if (code > 127) return this.#buffer.toString('utf8', start, stop);
        text += String.fromCharCode(code);
      }
      return text;
    }
    return this.#buffer.toString('utf8', start, stop);
  }

  /** A view, not a copy. */
  bytes(end: number): Buffer {
    const stop = this.lengthEnd(end);
    const start = this.position;
    this.position = stop;
    return this.#buffer.subarray(start, stop);
  }

  /** Goes past a field that the table does not know. */
  skip(type: number, end: number): void {
    if (type === wire.varint) this.int64(end);
    else if (type === wire.fixed64) this.position = this.#checked(this.position + 8, end);
    else if (type === wire.bytes) this.position = this.lengthEnd(end);
    else if (type === wire.fixed32) this.position = this.#checked(this.position + 4, end);
    else throw malformed(`wire type ${type} is not in use`);
  }

  #byte(end: number): number {
    if (this.position >= end) throw truncated();
    return this.#buffer[this.position++] ?? 0;
  }

  #checked(stop: number, end: number): number {
    if (stop > end) throw truncated();
    return stop;
  }
}

/** KW_API_PROTOBUF with a reason. */
export function malformed(reason: string): Error {
  return apiErrors.PROTOBUF({ reason });
}

function truncated(): Error {
  return malformed('it ends in the middle of a field');
}
