/** Up to this length a text is written here rather than by a call into the engine. */
const shortText = 32;

/**
 * Writes protobuf from the end to the start, as the encoder of Kubernetes does: when a message's length has to be written, its
 * bytes are there already. So fields are written in descending order, and of each the value before the tag.
 */
export class Writer {
  #buffer: Buffer;
  #start: number;

  constructor(size = 1024) {
    this.#buffer = Buffer.allocUnsafe(size);
    this.#start = size;
  }

  /** How many bytes are written. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  /** What was written, in a buffer that is not much larger. The writer must not be used after. */
  finish(): Buffer {
    const written = this.#buffer.subarray(this.#start);
    if (this.#start * 4 <= this.#buffer.length) return written;
    const exact = Buffer.allocUnsafeSlow(written.length);
    written.copy(exact);
    return exact;
  }

  tag(field: number, type: number): void {
    this.uint32((field << 3) | type);
  }

  /** The tag and length of what was written since the writer had the length `since`. */
  header(field: number, since: number): void {
    this.uint32(this.length - since);
    this.tag(field, 2);
  }

  uint32(value: number): void {
    let size = 1;
    for (let rest = value >>> 7; rest !== 0; rest >>>= 7) size++;
    let at = this.#reserve(size);
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#buffer[at++] = (rest & 127) | 128;
    this.#buffer[at] = rest;
  }

  /** A whole number of up to 64 bits; negative ones take ten bytes. */
  int64(value: number): void {
    if (value >= 0 && value <= 0x7f_ff_ff_ff) {
      this.uint32(value);
      return;
    }
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
    this.bytes(bytes);
  }

  double(value: number): void {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  /** UTF-8, without a length. */
  text(value: string): void {
    const { length } = value;
    if (length <= shortText) {
      const start = this.#reserve(length);
      let at = 0;
      for (; at < length; at++) {
        const code = value.charCodeAt(at);
        if (code > 127) break;
        this.#buffer[start + at] = code;
      }
      if (at === length) return;
      this.#start += length;
    }
    const size = Buffer.byteLength(value);
    const at = this.#reserve(size);
    this.#buffer.write(value, at, 'utf8');
  }

  bytes(value: ArrayLike<number>): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
  }

  /** Where the next `size` bytes belong. The buffer may be another one after it. */
  #reserve(size: number): number {
    if (size > this.#start) {
      const { length } = this;
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, (length + size) * 2));
      this.#buffer.copy(grown, grown.length - length, this.#start);
      this.#start = grown.length - length;
      this.#buffer = grown;
    }
    this.#start -= size;
    return this.#start;
  }
}
