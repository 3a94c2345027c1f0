import { keysOf } from '@kubewright/core';
import { formatAddress, parseAddress, parsePrefix } from '../ip/address.js';
import { attribute, AttributeMap } from '../netlink/attributes.js';
import type { Attribute } from '../netlink/attributes.js';
import { messageFlag } from '../netlink/message.js';
import type { NetlinkMessage, NetlinkRequest } from '../netlink/message.js';
import { scopeName, scopes } from './address.js';
import { addressFamilyNumber, routeAttribute as rta, routeMessage, routeMetric } from './constants.js';
import { definedOnly } from './link.js';

/** Numbers of the tables and of the owners ("protocols") of routes, from linux/rtnetlink.h. */
export const routeTable = { default: 253, main: 254, local: 255 } as const;
const protocols = { kernel: 2, boot: 3, static: 4 } as const;
const types = { unicast: 1, local: 2, broadcast: 3, blackhole: 6, unreachable: 7, prohibit: 8 } as const;

export interface RouteSpec {
  /** As `10.1.0.0/16`; `0.0.0.0/0` and `::/0` are the default routes. */
  readonly destination: string;
  readonly gateway?: string;
  /** Index of the link it leaves by. */
  readonly link?: number;
  /** The address that packets get where the sender chose none. */
  readonly preferredSource?: string;
  /** Default: `link` without a gateway on IPv4, else `global`. */
  readonly scope?: keyof typeof scopes;
  /** Default: 254, the main table. */
  readonly table?: number;
  /** Lower wins. Default: 0 on IPv4, the kernel's 1024 on IPv6. */
  readonly priority?: number;
  /** The gateway need not lie in a network of the link. Default: false. */
  readonly onlink?: boolean;
  readonly mtu?: number;
  readonly advertisedMss?: number;
  /** Default: `unicast`. */
  readonly type?: keyof typeof types;
  /** Who made it, as a number; routes of one's own can be told by it. Default: 4, static. */
  readonly protocol?: number;
}

export interface Route extends RouteSpec {
  readonly table: number;
  readonly protocol: number;
  readonly family: 4 | 6;
}

const onlinkFlag = 4;
const cloned = 0x200;
const strictHeaderLength = 12;

/** Refused with EEXIST where there is one to the same destination, with the same priority, in the table. */
export function addRoute(spec: RouteSpec): NetlinkRequest {
  return request(routeMessage.newRoute, messageFlag.create | messageFlag.exclusive, 'add', spec);
}

export function replaceRoute(spec: RouteSpec): NetlinkRequest {
  return request(routeMessage.newRoute, messageFlag.create | messageFlag.replace, 'set', spec);
}

export function deleteRoute(spec: RouteSpec): NetlinkRequest {
  return request(routeMessage.deleteRoute, 0, 'delete', spec);
}

export function listRoutes(filter: {
  readonly family: 4 | 6;
  readonly link?: number;
  readonly table?: number;
}): NetlinkRequest {
  const header = Buffer.alloc(strictHeaderLength);
  header.writeUInt8(familyNumber(filter.family), 0);
  const attributes: Attribute[] = [];
  if (filter.table !== undefined) attributes.push(attribute.u32(rta.table, filter.table));
  if (filter.link !== undefined) attributes.push(attribute.u32(rta.outgoingLink, filter.link));
  return { purpose: 'list routes', type: routeMessage.getRoute, flags: 0, header, attributes };
}

/** Asks by which way packets to an address go, as the kernel decides it. */
export function getRoute(address: string): NetlinkRequest {
  const destination = parseAddress(address);
  const header = Buffer.alloc(strictHeaderLength);
  header.writeUInt8(familyNumber(destination.length === 4 ? 4 : 6), 0);
  header.writeUInt8(destination.length * 8, 1);
  const attributes = [attribute.bytes(rta.destination, destination)];
  return { purpose: `find the way to ${address}`, type: routeMessage.getRoute, flags: 0, header, attributes };
}

/** Undefined for what is no route of a table: the kernel's cached copies. */
export function readRoute(message: NetlinkMessage): Route | undefined {
  return (message.body.readUInt32LE(8) & cloned) === 0 ? readWay(message) : undefined;
}

/** A route of a table, or the answer to `getRoute`. */
export function readWay({ body }: NetlinkMessage): Route {
  const attributes = new AttributeMap(body.subarray(12));
  const family = body.readUInt8(0) === addressFamilyNumber.v4 ? 4 : 6;
  const destination = attributes.bytes(rta.destination) ?? Buffer.alloc(family === 4 ? 4 : 16);
  const metrics = attributes.nest(rta.metrics);
  const gateway = attributes.bytes(rta.gateway);
  const source = attributes.bytes(rta.preferredSource);
  return {
    family,
    destination: `${formatAddress(destination)}/${body.readUInt8(1)}`,
    table: attributes.u32(rta.table) ?? body.readUInt8(4),
    protocol: body.readUInt8(5),
    ...definedOnly({
      scope: scopeName(body.readUInt8(6)),
      type: keysOf(types).find((name) => types[name] === body.readUInt8(7)),
      gateway: gateway === undefined ? undefined : formatAddress(gateway),
      link: attributes.u32(rta.outgoingLink),
      preferredSource: source === undefined ? undefined : formatAddress(source),
      priority: attributes.u32(rta.priority),
      onlink: (body.readUInt32LE(8) & onlinkFlag) === 0 ? undefined : true,
      mtu: metrics?.u32(routeMetric.mtu),
      advertisedMss: metrics?.u32(routeMetric.advertisedMss),
    }),
  };
}

export function familyNumber(family: 4 | 6): number {
  return family === 4 ? addressFamilyNumber.v4 : addressFamilyNumber.v6;
}

function request(type: number, flags: number, verb: string, spec: RouteSpec): NetlinkRequest {
  const { address, length } = parsePrefix(spec.destination);
  const destination = parseAddress(address);
  const adding = type === routeMessage.newRoute;
  const table = spec.table ?? routeTable.main;
  const header = Buffer.alloc(12);
  header.writeUInt8(destination.length === 4 ? addressFamilyNumber.v4 : addressFamilyNumber.v6, 0);
  header.writeUInt8(length, 1);
  header.writeUInt8(table < 256 ? table : 0, 4);
  header.writeUInt8(spec.protocol ?? (adding ? protocols.static : 0), 5);
  header.writeUInt8(scopes[spec.scope ?? defaultScope(spec, destination.length === 4, adding)], 6);
  header.writeUInt8(spec.type === undefined && !adding ? 0 : types[spec.type ?? 'unicast'], 7);
  header.writeUInt32LE(spec.onlink === true ? onlinkFlag : 0, 8);
  return {
    purpose: `${verb} the route to ${spec.destination}`,
    type,
    flags,
    header,
    attributes: [
      ...(length === 0 ? [] : [attribute.bytes(rta.destination, destination)]),
      ...attributesOf(spec, table),
    ],
  };
}

/** A deletion with the scope "nowhere" matches a route of any scope. */
function defaultScope(spec: RouteSpec, v4: boolean, adding: boolean): keyof typeof scopes {
  if (!adding) return 'nowhere';
  const direct = spec.gateway === undefined && (spec.type ?? 'unicast') === 'unicast';
  return v4 && direct ? 'link' : 'global';
}

function attributesOf(spec: RouteSpec, table: number): Attribute[] {
  const attributes = [attribute.u32(rta.table, table)];
  const metrics: Attribute[] = [];
  if (spec.gateway !== undefined) attributes.push(attribute.bytes(rta.gateway, parseAddress(spec.gateway)));
  if (spec.link !== undefined) attributes.push(attribute.u32(rta.outgoingLink, spec.link));
  if (spec.preferredSource !== undefined) {
    attributes.push(attribute.bytes(rta.preferredSource, parseAddress(spec.preferredSource)));
  }
  if (spec.priority !== undefined) attributes.push(attribute.u32(rta.priority, spec.priority));
  if (spec.mtu !== undefined) metrics.push(attribute.u32(routeMetric.mtu, spec.mtu));
  if (spec.advertisedMss !== undefined) metrics.push(attribute.u32(routeMetric.advertisedMss, spec.advertisedMss));
  return metrics.length === 0 ? attributes : [...attributes, attribute.nest(rta.metrics, metrics)];
}
