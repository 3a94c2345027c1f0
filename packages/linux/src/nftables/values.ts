import { linuxErrors } from '../errors.js';
import { formatAddress, parseAddress, parsePrefix } from '../ip/address.js';

/** Types of values: the number by which the `nft` tool shows them, and the size. */
export const valueTypes = {
  ipv4: { id: 7, size: 4 },
  ipv6: { id: 8, size: 16 },
  protocol: { id: 12, size: 1 },
  port: { id: 13, size: 2 },
  mark: { id: 19, size: 4 },
  interface: { id: 41, size: 16 },
} as const;

export type ValueType = keyof typeof valueTypes;
/** Addresses and names as text, ports and marks as numbers, protocols by name or number. */
export type Value = string | number;

export const protocolNumbers: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 };

const bitsPerType = 6;
const wordSize = 4;

/** A value as the kernel compares it: network order, except for marks. */
export function encodeValue(type: ValueType, value: Value): Buffer {
  const { size } = valueTypes[type];
  const buffer = Buffer.alloc(size);
  switch (type) {
    case 'ipv4':
    case 'ipv6': {
      const bytes = parseAddress(String(value));
      if (bytes.length !== size) throw wrongValue(type, value);
      return Buffer.from(bytes);
    }
    case 'protocol':
      buffer.writeUInt8(integer(type, protocolNumbers[value] ?? value, 255));
      return buffer;
    case 'port':
      buffer.writeUInt16BE(integer(type, value, 0xffff));
      return buffer;
    case 'mark':
      buffer.writeUInt32LE(integer(type, value, 0xffffffff));
      return buffer;
    case 'interface': {
      const name = Buffer.from(String(value));
      if (name.length === 0 || name.length >= size) throw wrongValue(type, value);
      name.copy(buffer);
      return buffer;
    }
  }
}

/** Several values as one key: each starts at a word. A lone value is not filled up. */
export function encodeKey(types: readonly ValueType[], values: readonly Value[]): Buffer {
  if (types.length !== values.length) {
    throw linuxErrors.INVALID_NAME({
      what: 'key of a set',
      name: values.join(' . '),
      rule: `it needs ${types.join(' . ')}`,
    });
  }
  const encoded = types.map((type, index) => encodeValue(type, values[index] ?? ''));
  return encoded.length === 1 ? (encoded[0] ?? Buffer.alloc(0)) : Buffer.concat(encoded.map(toWords));
}

/** First and last key of a range: each value may be one, a prefix `a/len`, or `from-to`. */
export function encodeRange(
  types: readonly ValueType[],
  values: readonly Value[],
): { readonly first: Buffer; readonly last: Buffer } {
  const bounds = values.map((value, index) => boundsOf(types[index] ?? 'mark', value));
  return {
    first: encodeKey(
      types,
      bounds.map(([first]) => first),
    ),
    last: encodeKey(
      types,
      bounds.map(([, last]) => last),
    ),
  };
}

/** The key that follows, or undefined after the greatest. */
export function following(key: Buffer): Buffer | undefined {
  const next = Buffer.from(key);
  for (let index = next.length - 1; index >= 0; index -= 1) {
    const byte = ((next[index] ?? 0) + 1) & 0xff;
    next[index] = byte;
    if (byte !== 0) return next;
  }
  return undefined;
}

export function typeNumber(types: readonly ValueType[]): number {
  return types.reduce((number, type) => number * 2 ** bitsPerType + valueTypes[type].id, 0);
}

/** Bytes that a key takes. */
export function keySize(types: readonly ValueType[]): number {
  const sizes = types.map((type) => valueTypes[type].size);
  return sizes.length === 1 ? (sizes[0] ?? 0) : sizes.reduce<number>((sum, size) => sum + wordsOf(size) * wordSize, 0);
}

/** Words of four bytes, as registers have, that a value of this size takes. */
export function wordsOf(size: number): number {
  return Math.ceil(size / wordSize);
}

/** The mask of a prefix, over all bytes of an address. */
export function prefixMask(length: number, size: number): Buffer {
  return Buffer.from(
    Array.from({ length: size }, (_, index) => 0xff & (0xff00 >> Math.min(Math.max(length - index * 8, 0), 8))),
  );
}

function boundsOf(type: ValueType, value: Value): readonly [Value, Value] {
  const text = String(value);
  if ((type === 'ipv4' || type === 'ipv6') && text.includes('/')) {
    const { address, length } = parsePrefix(text);
    const bytes = encodeValue(type, address);
    const mask = prefixMask(length, bytes.length);
    const first = bytes.map((byte, index) => byte & (mask[index] ?? 0));
    const last = bytes.map((byte, index) => byte | (~(mask[index] ?? 0) & 0xff));
    return [formatAddress(first), formatAddress(last)];
  }
  const dash = type === 'interface' ? -1 : text.indexOf('-');
  if (dash === -1) return [value, value];
  const [first, last] = [text.slice(0, dash), text.slice(dash + 1)];
  return type === 'ipv4' || type === 'ipv6' ? [first, last] : [Number(first), Number(last)];
}

function integer(type: ValueType, value: Value, largest: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > largest)
    throw wrongValue(type, value);
  return value;
}

function toWords(value: Buffer): Buffer {
  return Buffer.concat([value, Buffer.alloc(wordsOf(value.length) * wordSize - value.length)]);
}

function wrongValue(type: ValueType, value: Value): Error {
  return linuxErrors.INVALID_NAME({ what: `value of type ${type}`, name: String(value), rule: 'it does not fit' });
}
