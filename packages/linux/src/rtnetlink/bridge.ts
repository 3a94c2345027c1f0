import { keysOf } from '@kubewright/core';
import { attribute, AttributeMap, listAttributes } from '../netlink/attributes.js';
import type { Attribute } from '../netlink/attributes.js';
import type { NetlinkMessage, NetlinkRequest } from '../netlink/message.js';
import {
  addressFamilyNumber,
  bridgePortAttribute,
  bridgeVlanAttribute,
  linkAttribute,
  linkInfoAttribute,
  routeMessage,
} from './constants.js';
import { linkHeader } from './link.js';
import { bridgeData } from './link-kind.js';
import type { BridgeSettings } from './link-kind.js';

export interface BridgePortSettings {
  /** Whether frames may go back out of the port they came from. */
  readonly hairpin?: boolean;
  readonly isolated?: boolean;
  readonly learning?: boolean;
  readonly unicastFlood?: boolean;
  readonly guard?: boolean;
  readonly proxyArp?: boolean;
  readonly neighbourSuppress?: boolean;
}

/** A VLAN, or a range of them, on a port. */
export interface BridgeVlan {
  readonly id: number;
  /** Last of a range. Default: `id` alone. */
  readonly lastId?: number;
  /** Untagged frames that come in belong to it. */
  readonly pvid?: boolean;
  /** Its frames leave without a tag. */
  readonly untagged?: boolean;
}

const vlanFlag = { pvid: 2, untagged: 4, rangeBegin: 8, rangeEnd: 16 } as const;
/** Whose VLANs: the bridge's view of a port, or the bridge device itself. */
const target = { master: 1, self: 2 } as const;
const compressedVlans = 4;

export function setBridge(index: number, settings: BridgeSettings): NetlinkRequest {
  const info = [
    attribute.text(linkInfoAttribute.kind, 'bridge'),
    attribute.nest(linkInfoAttribute.data, bridgeData(settings)),
  ];
  return {
    purpose: `change the bridge ${index}`,
    type: routeMessage.newLink,
    flags: 0,
    header: linkHeader(index),
    attributes: [attribute.nest(linkAttribute.linkInfo, info)],
  };
}

export function setBridgePort(index: number, settings: BridgePortSettings): NetlinkRequest {
  const values: Attribute[] = [];
  for (const name of keysOf(bridgePortAttribute)) {
    const value = settings[name];
    if (value !== undefined) values.push(attribute.u8(bridgePortAttribute[name], value ? 1 : 0));
  }
  return {
    purpose: `change the bridge port ${index}`,
    type: routeMessage.setLink,
    flags: 0,
    header: linkHeader(index, {}, addressFamilyNumber.bridge),
    attributes: [attribute.nest(linkAttribute.protocolInfo, values)],
  };
}

/** Lets VLANs pass a port. `self` speaks of the bridge device itself instead. */
export function addBridgeVlans(index: number, vlans: readonly BridgeVlan[], self = false): NetlinkRequest {
  return vlanRequest(routeMessage.setLink, `let VLANs pass port ${index}`, index, vlans, self);
}

export function deleteBridgeVlans(index: number, vlans: readonly BridgeVlan[], self = false): NetlinkRequest {
  return vlanRequest(routeMessage.deleteLink, `take VLANs from port ${index}`, index, vlans, self);
}

/** The VLANs of all ports, ranges compressed. */
export function listBridgeVlans(): NetlinkRequest {
  return {
    purpose: 'list the VLANs of bridge ports',
    type: routeMessage.getLink,
    flags: 0,
    header: linkHeader(0, {}, addressFamilyNumber.bridge),
    attributes: [attribute.u32(linkAttribute.extendedMask, compressedVlans)],
  };
}

export interface BridgePortVlans {
  readonly index: number;
  readonly vlans: readonly BridgeVlan[];
}

export function readBridgeVlans({ body }: NetlinkMessage): BridgePortVlans {
  const vlans: BridgeVlan[] = [];
  let begin: number | undefined;
  const specific = new AttributeMap(body.subarray(16)).bytes(linkAttribute.familySpecific) ?? Buffer.alloc(0);
  for (const { type, value } of listAttributes(specific)) {
    if (type !== bridgeVlanAttribute.vlan || value.length < 4) continue;
    const flags = value.readUInt16LE(0);
    const id = value.readUInt16LE(2);
    if ((flags & vlanFlag.rangeBegin) !== 0) {
      begin = id;
      continue;
    }
    vlans.push({
      id: begin ?? id,
      ...(begin === undefined ? {} : { lastId: id }),
      ...((flags & vlanFlag.pvid) === 0 ? {} : { pvid: true }),
      ...((flags & vlanFlag.untagged) === 0 ? {} : { untagged: true }),
    });
    begin = undefined;
  }
  return { index: body.readInt32LE(4), vlans };
}

function vlanRequest(
  type: number,
  purpose: string,
  index: number,
  vlans: readonly BridgeVlan[],
  self: boolean,
): NetlinkRequest {
  const values = [attribute.u16(bridgeVlanAttribute.flags, self ? target.self : target.master)];
  for (const vlan of vlans) {
    const flags = (vlan.pvid === true ? vlanFlag.pvid : 0) | (vlan.untagged === true ? vlanFlag.untagged : 0);
    if (vlan.lastId === undefined || vlan.lastId === vlan.id) values.push(vlanInfo(flags, vlan.id));
    else values.push(vlanInfo(flags | vlanFlag.rangeBegin, vlan.id), vlanInfo(flags | vlanFlag.rangeEnd, vlan.lastId));
  }
  return {
    purpose,
    type,
    flags: 0,
    header: linkHeader(index, {}, addressFamilyNumber.bridge),
    attributes: [attribute.nest(linkAttribute.familySpecific, values)],
  };
}

function vlanInfo(flags: number, id: number): Attribute {
  const value = Buffer.alloc(4);
  value.writeUInt16LE(flags, 0);
  value.writeUInt16LE(id, 2);
  return attribute.bytes(bridgeVlanAttribute.vlan, value);
}
