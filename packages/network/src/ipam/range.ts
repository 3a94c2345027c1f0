import { CniError } from '@kubewright/cni-sdk';
import { addressFamily, formatAddress, networkOf, parseAddress, parsePrefix } from '@kubewright/linux';
import { recordOf } from '@kubewright/core';
import { attempt } from '../config/values.js';

/** A range as a configuration writes it. */
export interface RangeConfig {
  readonly subnet: string;
  readonly rangeStart?: string;
  readonly rangeEnd?: string;
  readonly gateway?: string;
}

/** Addresses from `first` to `last`, both included, as numbers. */
export interface AddressRange {
  readonly family: 4 | 6;
  /** Length of the subnet's prefix. */
  readonly length: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly gateway: bigint;
}

export function addressNumber(address: string): bigint {
  return BigInt(`0x${Buffer.from(parseAddress(address)).toString('hex')}`);
}

export function numberAddress(value: bigint, family: 4 | 6): string {
  const size = family === 4 ? 4 : 16;
  return formatAddress(Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex'));
}

/** Completes a range with its defaults. @throws CniError 7 that names the field. */
export function completeRange(config: unknown, field: string): AddressRange {
  const { subnet, rangeStart, rangeEnd, gateway } = recordOf(config);
  const network = readSubnet(subnet, `${field}.subnet`);
  const { family, length, base } = network;
  const bits = family === 4 ? 32 : 128;
  const top = base + (1n << BigInt(bits - length)) - 1n;
  const within = (value: unknown, name: string, otherwise: bigint): bigint => {
    if (value === undefined || value === null || value === '') return otherwise;
    const number = readAddress(value, family, `${field}.${name}`);
    if (number >= base && number <= top) return number;
    throw CniError.invalidConfig(`${field}.${name}`, `${JSON.stringify(value)} must lie in ${JSON.stringify(subnet)}`);
  };
  const first = within(rangeStart, 'rangeStart', base + 1n);
  // The last address of an IPv4 network is its broadcast address.
  const last = within(rangeEnd, 'rangeEnd', family === 4 ? top - 1n : top);
  if (first > last) throw CniError.invalidConfig(`${field}.rangeEnd`, 'must not come before rangeStart');
  const given = gateway !== undefined && gateway !== null && gateway !== '';
  // A gateway need not lie in the subnet: it can be link-local.
  return {
    family,
    length,
    first,
    last,
    gateway: given ? readAddress(gateway, family, `${field}.gateway`) : base + 1n,
  };
}

export function rangeContains(range: AddressRange, family: 4 | 6, address: bigint): boolean {
  return range.family === family && address >= range.first && address <= range.last;
}

export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** How a range is shown in messages. */
export function rangeText({ family, first, last }: AddressRange): string {
  return `${numberAddress(first, family)}-${numberAddress(last, family)}`;
}

interface Subnet {
  readonly family: 4 | 6;
  readonly length: number;
  readonly base: bigint;
}

function readSubnet(value: unknown, field: string): Subnet {
  if (typeof value !== 'string' || !value.includes('/')) {
    throw CniError.invalidConfig(field, "must be a network such as '10.1.0.0/24'");
  }
  const { address, length } = attempt(field, () => parsePrefix(value));
  const family = addressFamily(address);
  const network = networkOf(value);
  if (addressNumber(address) !== addressNumber(parsePrefix(network).address)) {
    throw CniError.invalidConfig(field, `'${value}' has bits set behind its prefix: the network is ${network}`);
  }
  if (length > (family === 4 ? 30 : 126)) throw CniError.invalidConfig(field, `'${value}' has no room for pods`);
  return { family, length, base: addressNumber(address) };
}

function readAddress(value: unknown, family: 4 | 6, field: string): bigint {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (attempt(field, () => addressFamily(text)) === family) return addressNumber(text);
  throw CniError.invalidConfig(field, `'${text}' must be of IPv${family}, as its subnet is`);
}
