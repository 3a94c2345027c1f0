/** Writes protobuf messages into chunks. Only what the version 2 document needs: strings, flags, numbers, messages. */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }

  strings(field: number, values: Iterable<string>): this {
    for (const value of values) this.string(field, value);
    return this;
  }

  /** A flag that is false is not written, as proto3 has it. */
  flag(field: number, value: boolean): this {
    return value ? this.#varint(field * 8).#varint(1) : this;
  }

  integer(field: number, value: number): this {
    return this.#varint(field * 8).#varint(value);
  }

  double(field: number, value: number): this {
    const buffer = Buffer.alloc(8);
    buffer.writeDoubleLE(value);
    return this.#varint(field * 8 + 1).#append(buffer);
  }

  message(field: number, message: ProtobufWriter): this {
    this.#varint(field * 8 + 2).#varint(message.#length);
    for (const chunk of message.#chunks) this.#append(chunk);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#varint(field * 8 + 2)
      .#varint(value.length)
      .#append(value);
  }

  get length(): number {
    return this.#length;
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks, this.#length);
  }

  #varint(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
    return this.#append(Uint8Array.from(bytes));
  }

  #append(chunk: Uint8Array): this {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return this;
  }
}
