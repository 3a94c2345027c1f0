import { keysOf } from '@kubewright/core';
import { formatAddress, parseAddress, parsePrefix } from '../ip/address.js';
import { attribute, AttributeMap } from '../netlink/attributes.js';
import { messageFlag } from '../netlink/message.js';
import type { NetlinkMessage, NetlinkRequest } from '../netlink/message.js';
import { addressAttribute as ifa, addressFamilyNumber, routeMessage } from './constants.js';
import { definedOnly } from './link.js';

export interface AddressSpec {
  /** Index of the link. */
  readonly link: number;
  /** With the length of its network, as `10.1.2.3/24`. */
  readonly address: string;
  /** The other end of a point-to-point link. */
  readonly peer?: string;
  readonly broadcast?: string;
  /** Where the address is valid. Default: `global`. */
  readonly scope?: keyof typeof scopes;
  /** IPv6: use at once, without looking for duplicates. Default: false. */
  readonly noDuplicateDetection?: boolean;
  /** IPv4: whose name shows as `eth0:1`. */
  readonly label?: string;
}

export interface InterfaceAddress extends AddressSpec {
  /** IPv6: duplicate detection has not ended. */
  readonly tentative: boolean;
  /** IPv6: another host has it. */
  readonly duplicate: boolean;
}

/** Scopes of addresses and routes, from linux/rtnetlink.h. */
export const scopes = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

export function scopeName(number: number): keyof typeof scopes | undefined {
  return keysOf(scopes).find((name) => scopes[name] === number);
}

const flag = { noDuplicateDetection: 0x02, duplicate: 0x08, tentative: 0x40 } as const;

/** Refused with EEXIST where the link has it already. */
export function addAddress(spec: AddressSpec): NetlinkRequest {
  return request(routeMessage.newAddress, messageFlag.create | messageFlag.exclusive, 'add', spec);
}

/** Adds it, or makes what is there like `spec`. */
export function replaceAddress(spec: AddressSpec): NetlinkRequest {
  return request(routeMessage.newAddress, messageFlag.create | messageFlag.replace, 'set', spec);
}

export function deleteAddress(spec: AddressSpec): NetlinkRequest {
  return request(routeMessage.deleteAddress, 0, 'delete', spec);
}

export function listAddresses(filter: { readonly link?: number; readonly family?: 4 | 6 } = {}): NetlinkRequest {
  const header = Buffer.alloc(8);
  header.writeUInt8(
    filter.family === undefined ? 0 : filter.family === 4 ? addressFamilyNumber.v4 : addressFamilyNumber.v6,
    0,
  );
  header.writeUInt32LE(filter.link ?? 0, 4);
  return { purpose: 'list addresses', type: routeMessage.getAddress, flags: 0, header, attributes: [] };
}

export function readAddress({ body }: NetlinkMessage): InterfaceAddress {
  const attributes = new AttributeMap(body.subarray(8));
  const length = body.readUInt8(1);
  const local = attributes.bytes(ifa.local);
  const remote = attributes.bytes(ifa.address);
  const address = local ?? remote ?? Buffer.alloc(4);
  const flags = attributes.u32(ifa.flags) ?? body.readUInt8(2);
  const broadcast = attributes.bytes(ifa.broadcast);
  return {
    link: body.readUInt32LE(4),
    address: `${formatAddress(address)}/${length}`,
    scope: scopeName(body.readUInt8(3)) ?? 'global',
    tentative: (flags & flag.tentative) !== 0,
    duplicate: (flags & flag.duplicate) !== 0,
    ...definedOnly({
      peer: local !== undefined && remote !== undefined && !local.equals(remote) ? formatAddress(remote) : undefined,
      broadcast: broadcast === undefined ? undefined : formatAddress(broadcast),
      label: attributes.text(ifa.label),
    }),
  };
}

function request(type: number, flags: number, verb: string, spec: AddressSpec): NetlinkRequest {
  const { address, length } = parsePrefix(spec.address);
  const bytes = parseAddress(address);
  const header = Buffer.alloc(8);
  header.writeUInt8(bytes.length === 4 ? addressFamilyNumber.v4 : addressFamilyNumber.v6, 0);
  header.writeUInt8(length, 1);
  header.writeUInt8(scopes[spec.scope ?? 'global'], 3);
  header.writeUInt32LE(spec.link, 4);
  const attributes = [
    attribute.bytes(ifa.local, bytes),
    attribute.bytes(ifa.address, spec.peer === undefined ? bytes : parseAddress(spec.peer)),
  ];
  if (spec.broadcast !== undefined) attributes.push(attribute.bytes(ifa.broadcast, parseAddress(spec.broadcast)));
  if (spec.label !== undefined) attributes.push(attribute.text(ifa.label, spec.label));
  if (spec.noDuplicateDetection === true) attributes.push(attribute.u32(ifa.flags, flag.noDuplicateDetection));
  return { purpose: `${verb} the address ${spec.address} of link ${spec.link}`, type, flags, header, attributes };
}
