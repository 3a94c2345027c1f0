/**
 * Netlink: the framing that rtnetlink and nfnetlink share. `attributes` and `message` are pure builders and parsers,
 * `socket` sends and receives. What a message means is the business of `rtnetlink` and `nftables`.
 */
import { linuxErrors } from '../errors.js';

/** A typed value of a message. Integers are in host order unless the builder's name says otherwise. */
export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Marks a value that is itself a list of attributes; the parser ignores it. */
const nested = 0x8000;
/** Marks a value in network order; the parser ignores it. */
const typeMask = 0x3fff;
const headerLength = 4;

/** All supported architectures (x86-64, arm64) are little-endian, so host order is. */
export const attribute = {
  u8: (type: number, value: number): Attribute => ({ type, value: Uint8Array.of(value) }),
  u16: (type: number, value: number): Attribute => ({ type, value: filled(2, (b) => b.writeUInt16LE(value)) }),
  u16be: (type: number, value: number): Attribute => ({ type, value: filled(2, (b) => b.writeUInt16BE(value)) }),
  u32: (type: number, value: number): Attribute => ({ type, value: filled(4, (b) => b.writeUInt32LE(value)) }),
  u32be: (type: number, value: number): Attribute => ({ type, value: filled(4, (b) => b.writeUInt32BE(value >>> 0)) }),
  u64: (type: number, value: bigint): Attribute => ({ type, value: filled(8, (b) => b.writeBigUInt64LE(value)) }),
  u64be: (type: number, value: bigint): Attribute => ({ type, value: filled(8, (b) => b.writeBigUInt64BE(value)) }),
  flag: (type: number): Attribute => ({ type, value: new Uint8Array(0) }),
  bytes: (type: number, value: Uint8Array): Attribute => ({ type, value }),
  /** Text with the zero byte at its end that the kernel expects. */
  text: (type: number, value: string): Attribute => ({ type, value: Buffer.from(`${value}\0`) }),
  nest: (type: number, children: readonly Attribute[], header: Uint8Array = new Uint8Array(0)): Attribute => ({
    type: type | nested,
    value: Buffer.concat([header, encodeAttributes(children)]),
  }),
};

/** Where attributes begin again after a value: every four bytes. */
export function aligned(length: number): number {
  return (length + 3) & ~3;
}

export function encodeAttributes(attributes: readonly Attribute[]): Buffer {
  let size = 0;
  for (const { value } of attributes) size += aligned(headerLength + value.length);
  const buffer = Buffer.alloc(size);
  let offset = 0;
  for (const { type, value } of attributes) {
    buffer.writeUInt16LE(headerLength + value.length, offset);
    buffer.writeUInt16LE(type, offset + 2);
    buffer.set(value, offset + headerLength);
    offset += aligned(headerLength + value.length);
  }
  return buffer;
}

/** The attributes in their order, repeated types included. */
export function listAttributes(buffer: Buffer): { readonly type: number; readonly value: Buffer }[] {
  const found: { readonly type: number; readonly value: Buffer }[] = [];
  eachAttribute(buffer, (type, offset) => found.push({ type, value: valueAt(buffer, offset) }));
  return found;
}

/**
 * Attributes by type, with readers that return undefined for what is absent or too short. It remembers where they stand: a
 * link has about sixty, of which few are asked for.
 */
export class AttributeMap {
  readonly #buffer: Buffer;
  readonly #offsets = new Map<number, number>();

  /** @param buffer - encoded attributes; of a repeated type the first counts. It must not change while they are read. */
  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    eachAttribute(buffer, (type, offset) => {
      if (!this.#offsets.has(type)) this.#offsets.set(type, offset);
    });
  }

  bytes(type: number): Buffer | undefined {
    const offset = this.#offsets.get(type);
    return offset === undefined ? undefined : valueAt(this.#buffer, offset);
  }

  u8(type: number): number | undefined {
    return this.#sized(type, 1)?.readUInt8();
  }

  u16(type: number): number | undefined {
    return this.#sized(type, 2)?.readUInt16LE();
  }

  u16be(type: number): number | undefined {
    return this.#sized(type, 2)?.readUInt16BE();
  }

  u32(type: number): number | undefined {
    return this.#sized(type, 4)?.readUInt32LE();
  }

  u32be(type: number): number | undefined {
    return this.#sized(type, 4)?.readUInt32BE();
  }

  u64be(type: number): bigint | undefined {
    return this.#sized(type, 8)?.readBigUInt64BE();
  }

  text(type: number): string | undefined {
    const value = this.bytes(type);
    return value === undefined ? undefined : readText(value);
  }

  nest(type: number): AttributeMap | undefined {
    const value = this.bytes(type);
    return value === undefined ? undefined : new AttributeMap(value);
  }

  #sized(type: number, size: number): Buffer | undefined {
    const value = this.bytes(type);
    return value !== undefined && value.length >= size ? value : undefined;
  }
}

/** Text up to its zero byte. */
export function readText(value: Buffer): string {
  const end = value.indexOf(0);
  return value.toString('utf8', 0, end === -1 ? value.length : end);
}

function eachAttribute(buffer: Buffer, visit: (type: number, offset: number) => void): void {
  for (let offset = 0; offset + headerLength <= buffer.length;) {
    const length = buffer.readUInt16LE(offset);
    if (length < headerLength || offset + length > buffer.length) {
      throw linuxErrors.NETLINK_PROTOCOL({
        problem: `an attribute of ${length} bytes at ${offset} of ${buffer.length}`,
      });
    }
    visit(buffer.readUInt16LE(offset + 2) & typeMask, offset);
    offset += aligned(length);
  }
}

/** The value of the attribute at `offset`, whose length was checked. */
function valueAt(buffer: Buffer, offset: number): Buffer {
  return buffer.subarray(offset + headerLength, offset + buffer.readUInt16LE(offset));
}

function filled(size: number, fill: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(size);
  fill(buffer);
  return buffer;
}
