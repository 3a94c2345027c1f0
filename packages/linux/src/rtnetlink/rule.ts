import { parseAddress, parsePrefix } from '../ip/address.js';
import { attribute } from '../netlink/attributes.js';
import { messageFlag } from '../netlink/message.js';
import type { NetlinkRequest } from '../netlink/message.js';
import { routeMessage } from './constants.js';
import { familyNumber } from './route.js';

/** Which packets look into which routing table. */
export interface RuleSpec {
  readonly family: 4 | 6;
  readonly table: number;
  /** Lower is asked first. */
  readonly priority: number;
  readonly source?: string;
  readonly destination?: string;
  readonly incomingLink?: string;
  readonly mark?: number;
  /** Default: all bits. */
  readonly markMask?: number;
}

const fra = { destination: 1, source: 2, incomingLink: 3, priority: 6, mark: 10, table: 15, markMask: 16 } as const;
const lookUpTable = 1;

export function addRule(spec: RuleSpec): NetlinkRequest {
  return request(routeMessage.newRule, messageFlag.create | messageFlag.exclusive, 'add', spec);
}

export function deleteRule(spec: RuleSpec): NetlinkRequest {
  return request(routeMessage.deleteRule, 0, 'delete', spec);
}

function request(type: number, flags: number, verb: string, spec: RuleSpec): NetlinkRequest {
  const source = spec.source === undefined ? undefined : parsePrefix(spec.source);
  const destination = spec.destination === undefined ? undefined : parsePrefix(spec.destination);
  const header = Buffer.alloc(12);
  header.writeUInt8(familyNumber(spec.family), 0);
  header.writeUInt8(destination?.length ?? 0, 1);
  header.writeUInt8(source?.length ?? 0, 2);
  header.writeUInt8(spec.table < 256 ? spec.table : 0, 4);
  header.writeUInt8(lookUpTable, 7);
  const attributes = [attribute.u32(fra.table, spec.table), attribute.u32(fra.priority, spec.priority)];
  if (source !== undefined) attributes.push(attribute.bytes(fra.source, parseAddress(source.address)));
  if (destination !== undefined) attributes.push(attribute.bytes(fra.destination, parseAddress(destination.address)));
  if (spec.incomingLink !== undefined) attributes.push(attribute.text(fra.incomingLink, spec.incomingLink));
  if (spec.mark !== undefined) {
    attributes.push(attribute.u32(fra.mark, spec.mark), attribute.u32(fra.markMask, spec.markMask ?? 0xffffffff));
  }
  return {
    purpose: `${verb} the rule of priority ${spec.priority} for table ${spec.table}`,
    type,
    flags,
    header,
    attributes,
  };
}
