import { formatMac, parseMac } from '../ip/address.js';
import { AttributeMap, attribute, listAttributes, readText } from '../netlink/attributes.js';
import type { Attribute } from '../netlink/attributes.js';
import { messageFlag } from '../netlink/message.js';
import type { NetlinkMessage, NetlinkRequest } from '../netlink/message.js';
import { linuxErrors } from '../errors.js';
import {
  addressFamilyNumber,
  ipv4Attribute,
  ipv4Parameter,
  linkAttribute as ifla,
  linkInfoAttribute,
  routeMessage,
} from './constants.js';
import { kindAttributes, readKind } from './link-kind.js';
import type { LinkKind } from './link-kind.js';
import type { LinkChanges, LinkIdentity, LinkSettings } from './link-settings.js';

/** A link by its index, or by its name or alternative name. */
export type LinkReference = number | string;

export type LinkSpec = LinkIdentity & LinkKind;

export interface LinkStatistics {
  readonly receivedPackets: bigint;
  readonly sentPackets: bigint;
  readonly receivedBytes: bigint;
  readonly sentBytes: bigint;
  readonly receiveErrors: bigint;
  readonly sendErrors: bigint;
  readonly receiveDropped: bigint;
  readonly sendDropped: bigint;
}

export interface Link {
  readonly index: number;
  readonly name: string;
  /** `veth`, `bridge`, `vxlan` …; undefined for hardware and for the loopback. */
  readonly kind?: string;
  readonly mac?: string;
  readonly mtu: number;
  readonly up: boolean;
  readonly promiscuous: boolean;
  /** Whether somebody asked for it. */
  readonly allMulticast: boolean;
  /** Packets that may wait to be sent. */
  readonly txQueueLength: number;
  readonly loopback: boolean;
  /** As RFC 2863 names it: `up`, `down`, `lowerlayerdown`, `unknown` … */
  readonly state: string;
  /** Index of the bridge it is a port of. */
  readonly master?: number;
  /** Index of the other end, or of the device underneath; in that link's own namespace. */
  readonly peer?: number;
  /** Set where `peer` lies in another namespace: that namespace's id as seen from this one. */
  readonly peerNamespaceId?: number;
  readonly group: number;
  readonly alias?: string;
  readonly alternativeNames: readonly string[];
  readonly statistics?: LinkStatistics;
  /** What the kind says of itself, for bridge, vxlan and vlan. */
  readonly details?: Readonly<Record<string, number | boolean | string>>;
}

const longestName = 15;
/** RTEXT_FILTER_SKIP_STATS: what the address families count, which nobody reads here, is most of an answer. */
const withoutFamilyStatistics = 0x8;
const interfaceFlag = { up: 0x1, loopback: 0x8, promiscuous: 0x100, allMulticast: 0x200 } as const;
const states = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up'];

/** A link that is not there yet; refused with EEXIST where its name or index is taken. */
export function newLink(spec: LinkSpec): NetlinkRequest {
  if (spec.kind === 'veth' && spec.peer.index !== undefined && spec.index === undefined) {
    const rule = 'the kernel takes it only where the first end has an index as well';
    throw linuxErrors.INVALID_NAME({ what: 'index for the second end', name: String(spec.peer.index), rule });
  }
  return {
    purpose: `make the ${spec.kind} link '${spec.name ?? ''}'`,
    type: routeMessage.newLink,
    flags: messageFlag.create | messageFlag.exclusive,
    header: linkHeader(spec.index ?? 0, spec),
    attributes: [...identityAttributes(spec), ...kindAttributes(spec, endOfPair)],
  };
}

export function setLink(link: LinkReference, changes: LinkChanges): NetlinkRequest {
  return {
    purpose: `change the link '${link}'`,
    type: routeMessage.setLink,
    flags: 0,
    header: linkHeader(typeof link === 'number' ? link : 0, changes),
    attributes: [...nameReference(link), ...settingAttributes(changes), ...arpAttributes(changes)],
  };
}

/** By index alone: beside a name the kernel would look for a link that has the new one. The link must be down. */
export function renameLink(index: number, name: string): NetlinkRequest {
  return {
    purpose: `name the link ${index} '${name}'`,
    type: routeMessage.setLink,
    flags: 0,
    header: linkHeader(index),
    attributes: [nameAttribute(name)],
  };
}

/** Deleting a veth deletes its other end too. It takes 20 to 30 ms: the kernel waits for readers. See `LinkReaper`. */
export function deleteLink(link: LinkReference): NetlinkRequest {
  return {
    purpose: `delete the link '${link}'`,
    type: routeMessage.deleteLink,
    flags: 0,
    header: linkHeader(typeof link === 'number' ? link : 0),
    attributes: nameReference(link),
  };
}

/** Deletes every link of a group in one wait, however many they are. Group 0 is refused. */
export function deleteLinkGroup(group: number): NetlinkRequest {
  if (group === 0)
    throw linuxErrors.INVALID_NAME({ what: 'link group to delete', name: '0', rule: 'all links start in it' });
  return {
    purpose: `delete the links of group ${group}`,
    type: routeMessage.deleteLink,
    flags: 0,
    header: linkHeader(0),
    attributes: [attribute.u32(ifla.group, group)],
  };
}

export function addAlternativeNames(link: LinkReference, names: readonly string[]): NetlinkRequest {
  return alternativeNames(routeMessage.newLinkProperty, `name the link '${link}' also`, link, names);
}

export function deleteAlternativeNames(link: LinkReference, names: readonly string[]): NetlinkRequest {
  return alternativeNames(routeMessage.deleteLinkProperty, `take from the link '${link}' the name`, link, names);
}

export function getLink(link: LinkReference): NetlinkRequest {
  return {
    purpose: `show the link '${link}'`,
    type: routeMessage.getLink,
    flags: 0,
    header: linkHeader(typeof link === 'number' ? link : 0),
    attributes: [...nameReference(link), attribute.u32(ifla.extendedMask, withoutFamilyStatistics)],
  };
}

/** All links, or those of one kind or one master. */
export function listLinks(filter: { readonly kind?: string; readonly master?: number } = {}): NetlinkRequest {
  const attributes: Attribute[] = [];
  if (filter.master !== undefined) attributes.push(attribute.u32(ifla.master, filter.master));
  if (filter.kind !== undefined) {
    attributes.push(attribute.nest(ifla.linkInfo, [attribute.text(linkInfoAttribute.kind, filter.kind)]));
  }
  return { purpose: 'list links', type: routeMessage.getLink, flags: 0, header: linkHeader(0), attributes };
}

export function readLink({ body }: NetlinkMessage): Link {
  const flags = body.readUInt32LE(8);
  const attributes = new AttributeMap(body.subarray(16));
  const mac = attributes.bytes(ifla.address);
  const info = attributes.nest(ifla.linkInfo);
  const kind = info?.text(linkInfoAttribute.kind);
  const properties = attributes.bytes(ifla.propertyList);
  const statistics = readStatistics(attributes.bytes(ifla.statistics64));
  const optional = {
    kind,
    mac: mac?.length === 6 ? formatMac(mac) : undefined,
    master: attributes.u32(ifla.master),
    peer: attributes.u32(ifla.link),
    peerNamespaceId: attributes.bytes(ifla.linkNamespaceId)?.readInt32LE(),
    alias: attributes.text(ifla.alias),
    statistics,
    details: kind === undefined ? undefined : readKind(kind, info?.nest(linkInfoAttribute.data)),
  };
  return {
    index: body.readInt32LE(4),
    name: attributes.text(ifla.name) ?? '',
    mtu: attributes.u32(ifla.mtu) ?? 0,
    up: (flags & interfaceFlag.up) !== 0,
    promiscuous: (attributes.u32(ifla.promiscuity) ?? 0) > 0,
    allMulticast: (flags & interfaceFlag.allMulticast) !== 0,
    txQueueLength: attributes.u32(ifla.txQueueLength) ?? 0,
    loopback: (flags & interfaceFlag.loopback) !== 0,
    state: states[attributes.u8(ifla.operationalState) ?? 0] ?? 'unknown',
    group: attributes.u32(ifla.group) ?? 0,
    alternativeNames: properties === undefined ? [] : listAttributes(properties).map(({ value }) => readText(value)),
    ...definedOnly(optional),
  };
}

/** The fixed structure of link messages: family, type, index, flags and which flags change. */
export function linkHeader(index: number, settings: LinkSettings = {}, family = 0): Buffer {
  const header = Buffer.alloc(16);
  let flags = 0;
  let change = 0;
  const set = (bit: number, value: boolean | undefined): void => {
    if (value === undefined) return;
    change |= bit;
    if (value) flags |= bit;
  };
  set(interfaceFlag.up, settings.up);
  set(interfaceFlag.promiscuous, settings.promiscuous);
  set(interfaceFlag.allMulticast, settings.allMulticast);
  header.writeUInt8(family, 0);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(change, 12);
  return header;
}

/** Removes absent values: an attribute that the kernel did not send is no property at all. */
export function definedOnly<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function endOfPair(identity: LinkIdentity): Attribute {
  return attribute.nest(1, identityAttributes(identity), linkHeader(identity.index ?? 0, identity));
}

function identityAttributes(identity: LinkIdentity): Attribute[] {
  const name = identity.name === undefined ? [] : [nameAttribute(identity.name)];
  return [...name, ...settingAttributes(identity)];
}

function settingAttributes(settings: LinkSettings): Attribute[] {
  const all: (Attribute | undefined)[] = [
    settings.mtu === undefined ? undefined : attribute.u32(ifla.mtu, settings.mtu),
    settings.mac === undefined ? undefined : attribute.bytes(ifla.address, parseMac(settings.mac)),
    settings.master === undefined ? undefined : attribute.u32(ifla.master, settings.master),
    settings.group === undefined ? undefined : attribute.u32(ifla.group, settings.group),
    settings.txQueueLength === undefined ? undefined : attribute.u32(ifla.txQueueLength, settings.txQueueLength),
    settings.alias === undefined ? undefined : attribute.text(ifla.alias, settings.alias),
    settings.namespaceDescriptor === undefined
      ? undefined
      : attribute.u32(ifla.namespaceDescriptor, settings.namespaceDescriptor),
  ];
  return all.filter((one) => one !== undefined);
}

function arpAttributes({ arpNotify }: LinkChanges): Attribute[] {
  if (arpNotify === undefined) return [];
  const parameters = [attribute.u32(ipv4Parameter.arpNotify, Number(arpNotify))];
  const ipv4 = attribute.nest(addressFamilyNumber.v4, [attribute.nest(ipv4Attribute.parameters, parameters)]);
  return [attribute.nest(ifla.familySpecific, [ipv4])];
}

/** The attribute for alternative names finds a link by its first name as well. */
function nameReference(link: LinkReference): Attribute[] {
  return typeof link === 'string' ? [attribute.text(ifla.alternativeName, link)] : [];
}

function nameAttribute(name: string): Attribute {
  if (
    name.length === 0 ||
    Buffer.byteLength(name) > longestName ||
    name === '.' ||
    name === '..' ||
    /[/:\s\0]/.test(name)
  ) {
    throw linuxErrors.INVALID_NAME({
      what: 'link name',
      name,
      rule: 'use 1 to 15 bytes without slash, colon or space',
    });
  }
  return attribute.text(ifla.name, name);
}

function alternativeNames(
  type: number,
  purpose: string,
  link: LinkReference,
  names: readonly string[],
): NetlinkRequest {
  const list = attribute.nest(
    ifla.propertyList,
    names.map((name) => attribute.text(ifla.alternativeName, name)),
  );
  return {
    purpose: `${purpose} '${names.join("', '")}'`,
    type,
    flags: messageFlag.create | messageFlag.exclusive | messageFlag.append,
    header: linkHeader(typeof link === 'number' ? link : 0),
    attributes: typeof link === 'string' ? [attribute.text(ifla.name, link), list] : [list],
  };
}

function readStatistics(value: Buffer | undefined): LinkStatistics | undefined {
  if (value === undefined || value.length < 64) return undefined;
  const at = (index: number): bigint => value.readBigUInt64LE(index * 8);
  return {
    receivedPackets: at(0),
    sentPackets: at(1),
    receivedBytes: at(2),
    sentBytes: at(3),
    receiveErrors: at(4),
    sendErrors: at(5),
    receiveDropped: at(6),
    sendDropped: at(7),
  };
}
