import { formatAddress, formatMac, parseAddress, parseMac } from '../ip/address.js';
import { attribute, AttributeMap } from '../netlink/attributes.js';
import type { Attribute } from '../netlink/attributes.js';
import { messageFlag } from '../netlink/message.js';
import type { NetlinkMessage, NetlinkRequest } from '../netlink/message.js';
import { addressFamilyNumber, neighbourAttribute as nda, routeMessage } from './constants.js';
import { definedOnly } from './link.js';

/** Which hardware address an IP address of a link has. */
export interface NeighbourSpec {
  readonly link: number;
  readonly address: string;
  readonly mac: string;
  /** Default: true, it is never asked for nor forgotten. */
  readonly permanent?: boolean;
}

/** A forwarding entry: where frames to a hardware address go. */
export interface ForwardingSpec {
  /** Index of the vxlan device or of the bridge port. */
  readonly link: number;
  readonly mac: string;
  /** The remote end of the tunnel, for vxlan. */
  readonly destination?: string;
  /** UDP port of the remote end. Default: the device's. */
  readonly port?: number;
  readonly vni?: number;
  readonly vlan?: number;
  /** `self`: the device's own table (vxlan); `master`: the bridge's. Default: `self`. */
  readonly owner?: 'self' | 'master';
}

export interface Neighbour extends NeighbourSpec {
  readonly permanent: boolean;
}

export interface ForwardingEntry extends ForwardingSpec {
  readonly permanent: boolean;
}

const state = { reachable: 0x02, noArp: 0x40, permanent: 0x80 } as const;
const flag = { self: 0x02, master: 0x04 } as const;

/** Adds the entry, or makes what is there like `spec`. */
export function setNeighbour(spec: NeighbourSpec): NetlinkRequest {
  return neighbour(routeMessage.newNeighbour, messageFlag.create | messageFlag.replace, 'set', spec);
}

export function deleteNeighbour(spec: Pick<NeighbourSpec, 'link' | 'address'>): NetlinkRequest {
  return neighbour(routeMessage.deleteNeighbour, 0, 'delete', spec);
}

/** Adds the entry, or makes what is there like `spec`. */
export function setForwarding(spec: ForwardingSpec): NetlinkRequest {
  return forwarding(routeMessage.newNeighbour, messageFlag.create | messageFlag.replace, 'set', spec);
}

/** Adds one more destination to a hardware address: `00:00:00:00:00:00` is where unknown frames are flooded to. */
export function appendForwarding(spec: ForwardingSpec): NetlinkRequest {
  return forwarding(routeMessage.newNeighbour, messageFlag.create | messageFlag.append, 'append', spec);
}

export function deleteForwarding(spec: ForwardingSpec): NetlinkRequest {
  return forwarding(routeMessage.deleteNeighbour, 0, 'delete', spec);
}

export function listNeighbours(filter: { readonly link?: number } = {}): NetlinkRequest {
  // A strict dump takes the link as an attribute, not in the header.
  const attributes = filter.link === undefined ? [] : [attribute.u32(8, filter.link)];
  return { purpose: 'list neighbours', type: routeMessage.getNeighbour, flags: 0, header: header({}), attributes };
}

export function listForwarding(filter: { readonly link: number }): NetlinkRequest {
  const fixed = header({ family: addressFamilyNumber.bridge, link: filter.link });
  return {
    purpose: `list the forwarding entries of link ${filter.link}`,
    type: routeMessage.getNeighbour,
    flags: 0,
    header: fixed,
    attributes: [],
  };
}

/** Undefined for entries without both addresses, and for those of a forwarding table. */
export function readNeighbour({ body }: NetlinkMessage): Neighbour | undefined {
  const attributes = new AttributeMap(body.subarray(12));
  const address = attributes.bytes(nda.destination);
  const mac = attributes.bytes(nda.hardwareAddress);
  if (body.readUInt8(0) === addressFamilyNumber.bridge || address === undefined || mac?.length !== 6) return undefined;
  return {
    link: body.readInt32LE(4),
    address: formatAddress(address),
    mac: formatMac(mac),
    permanent: (body.readUInt16LE(8) & state.permanent) !== 0,
  };
}

export function readForwarding({ body }: NetlinkMessage): ForwardingEntry | undefined {
  const attributes = new AttributeMap(body.subarray(12));
  const mac = attributes.bytes(nda.hardwareAddress);
  if (body.readUInt8(0) !== addressFamilyNumber.bridge || mac?.length !== 6) return undefined;
  const destination = attributes.bytes(nda.destination);
  return {
    link: body.readInt32LE(4),
    mac: formatMac(mac),
    owner: (body.readUInt8(10) & flag.self) === 0 ? 'master' : 'self',
    permanent: (body.readUInt16LE(8) & (state.permanent | state.noArp)) !== 0,
    ...definedOnly({
      destination: destination === undefined ? undefined : formatAddress(destination),
      port: attributes.u16be(nda.port),
      vni: attributes.u32(nda.vni),
      vlan: attributes.u16(nda.vlan),
    }),
  };
}

interface Fixed {
  readonly family?: number;
  readonly link?: number;
  readonly state?: number;
  readonly flags?: number;
}

function header(fixed: Fixed): Buffer {
  const buffer = Buffer.alloc(12);
  buffer.writeUInt8(fixed.family ?? 0, 0);
  buffer.writeInt32LE(fixed.link ?? 0, 4);
  buffer.writeUInt16LE(fixed.state ?? 0, 8);
  buffer.writeUInt8(fixed.flags ?? 0, 10);
  return buffer;
}

function neighbour(
  type: number,
  flags: number,
  verb: string,
  spec: Omit<NeighbourSpec, 'mac'> & { mac?: string },
): NetlinkRequest {
  const address = parseAddress(spec.address);
  const attributes: Attribute[] = [attribute.bytes(nda.destination, address)];
  if (spec.mac !== undefined) attributes.push(attribute.bytes(nda.hardwareAddress, parseMac(spec.mac)));
  const fixed = header({
    family: address.length === 4 ? addressFamilyNumber.v4 : addressFamilyNumber.v6,
    link: spec.link,
    state: spec.permanent === false ? state.reachable : state.permanent,
  });
  return {
    purpose: `${verb} the neighbour ${spec.address} of link ${spec.link}`,
    type,
    flags,
    header: fixed,
    attributes,
  };
}

function forwarding(type: number, flags: number, verb: string, spec: ForwardingSpec): NetlinkRequest {
  const attributes: Attribute[] = [attribute.bytes(nda.hardwareAddress, parseMac(spec.mac))];
  if (spec.destination !== undefined) attributes.push(attribute.bytes(nda.destination, parseAddress(spec.destination)));
  if (spec.port !== undefined) attributes.push(attribute.u16be(nda.port, spec.port));
  if (spec.vni !== undefined) attributes.push(attribute.u32(nda.vni, spec.vni));
  if (spec.vlan !== undefined) attributes.push(attribute.u16(nda.vlan, spec.vlan));
  const fixed = header({
    family: addressFamilyNumber.bridge,
    link: spec.link,
    state: state.permanent,
    flags: spec.owner === 'master' ? flag.master : flag.self,
  });
  return {
    purpose: `${verb} the forwarding of ${spec.mac} on link ${spec.link}`,
    type,
    flags,
    header: fixed,
    attributes,
  };
}
