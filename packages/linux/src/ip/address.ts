/**
 * IP addresses and prefixes as bytes and as text. Pure; it knows nothing of interfaces or of who owns an address.
 */
import { isIP } from 'node:net';
import { linuxErrors } from '../errors.js';

/** An address with the length of its network's prefix, as in `10.1.2.3/24`. */
export interface Prefix {
  readonly address: string;
  readonly length: number;
}

/** The 4 or 16 bytes of an address. Zones (`%eth0`) are refused. */
export function parseAddress(text: string): Uint8Array {
  const family = text.includes('%') ? 0 : isIP(text);
  if (family === 4) return Uint8Array.from(text.split('.'), Number);
  if (family === 6) return parseV6(text);
  throw linuxErrors.INVALID_ADDRESS({ text, expected: 'an IPv4 or IPv6 address' });
}

/** The text of 4 or 16 bytes; IPv6 in the short form of RFC 5952. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) {
    throw linuxErrors.INVALID_ADDRESS({
      text: Buffer.from(bytes).toString('hex'),
      expected: '4 or 16 bytes of address',
    });
  }
  return formatV6(bytes);
}

/** The family of an address: 4 or 6. */
export function addressFamily(text: string): 4 | 6 {
  return parseAddress(text).length === 4 ? 4 : 6;
}

/** Reads `ADDRESS/LENGTH`; without a length, the whole address. */
export function parsePrefix(text: string): Prefix {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const longest = parseAddress(address).length * 8;
  const written = slash === -1 ? String(longest) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(written) || Number(written) > longest) {
    throw linuxErrors.INVALID_ADDRESS({ text, expected: 'an address with a prefix length' });
  }
  return { address, length: Number(written) };
}

/** The network that a prefix lies in: `10.1.2.3/24` gives `10.1.2.0/24`. */
export function networkOf(text: string): string {
  const { address, length } = parsePrefix(text);
  const bytes = parseAddress(address).map((byte, index) => {
    const kept = Math.min(Math.max(length - index * 8, 0), 8);
    return byte & (0xff << (8 - kept));
  });
  return `${formatAddress(bytes)}/${length}`;
}

/** Whether `address` lies in the network `prefix`. */
export function prefixContains(prefix: string, address: string): boolean {
  const { length } = parsePrefix(prefix);
  if (addressFamily(parsePrefix(prefix).address) !== addressFamily(address)) return false;
  return networkOf(`${address}/${length}`) === networkOf(prefix);
}

/** The six bytes of a hardware address such as `0a:58:0a:01:02:03`. */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
    throw linuxErrors.INVALID_ADDRESS({ text, expected: 'a hardware address of six bytes' });
  }
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
}

/** The text of a hardware address, in lower case. */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function parseV6(text: string): Uint8Array {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  let plain = text;
  if (dotted !== null) {
    const [a = 0, b = 0, c = 0, d = 0] = (dotted[2] ?? '').split('.').map(Number);
    plain = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = plain.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function formatV6(bytes: Uint8Array): string {
  const parts = Array.from({ length: 8 }, (_, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0));
  if (parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff)
    return `::ffff:${bytes.slice(12).join('.')}`;
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && parts[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = parts.map((part) => part.toString(16));
  if (best.start === -1) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}
