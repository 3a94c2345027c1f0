import { attribute } from '../netlink/attributes.js';
import type { Attribute } from '../netlink/attributes.js';
import { messageFlag } from '../netlink/message.js';
import type { NetlinkRequest } from '../netlink/message.js';
import { verdictData } from './expressions.js';
import type { Expression, NftVerdict } from './expressions.js';
import { encodeKey, encodeRange, following, keySize, typeNumber, valueTypes } from './values.js';
import type { Value, ValueType } from './values.js';

export const nftFamilies = { inet: 1, ip: 2, bridge: 7, ip6: 10 } as const;
const hooks = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

export interface NftTable {
  readonly family: keyof typeof nftFamilies;
  readonly name: string;
}

export interface NftChain {
  readonly table: NftTable;
  readonly name: string;
  /** Where packets enter it by themselves. Without: other chains jump to it. */
  readonly hook?: {
    readonly type: 'filter' | 'nat' | 'route';
    readonly at: keyof typeof hooks;
    /** Lower comes first. -100 is where destinations are translated, 100 sources, 0 filtering. */
    readonly priority: number;
    /** Of packets that no rule decides about. Default: accept. */
    readonly policy?: 'accept' | 'drop';
  };
}

export interface NftRule {
  readonly chain: NftChain;
  readonly expressions: readonly Expression[];
  /** By which it can be found again; at most 127 bytes. */
  readonly comment?: string;
}

export interface NftSet {
  readonly table: NftTable;
  readonly name: string;
  readonly key: readonly ValueType[];
  /** Makes it a map. */
  readonly data?: readonly ValueType[] | 'verdict';
  /** Whether its keys may be ranges and prefixes. Default: false. */
  readonly interval?: boolean;
}

export interface NftElement {
  readonly key: readonly Value[];
  /** Of a map. */
  readonly data?: readonly Value[] | NftVerdict;
}

const subsystem = 10 << 8;
const message = {
  newTable: 0,
  deleteTable: 2,
  newChain: 3,
  deleteChain: 5,
  newRule: 6,
  deleteRule: 8,
  newSet: 9,
  deleteSet: 11,
  newElements: 12,
  deleteElements: 14,
} as const;
const setFlag = { interval: 4, map: 8, concatenation: 128 } as const;
const intervalEnd = 1;
const verdictType = 0xffffff00;
const acceptPolicy = 1;
/** A list of elements must fit an attribute of 64 KiB. */
const elementsPerRequest = 250;

/** It may be there already. To start from nothing: add, delete and add again, in one transaction. */
export function addTable(table: NftTable): NetlinkRequest {
  return change(message.newTable, messageFlag.create, table, `add the table ${table.name}`, [
    attribute.text(1, table.name),
  ]);
}

/** With everything in it. */
export function deleteTable(table: NftTable): NetlinkRequest {
  return change(message.deleteTable, 0, table, `delete the table ${table.name}`, [attribute.text(1, table.name)]);
}

/** It may be there already, with the same hook. */
export function addChain(chain: NftChain): NetlinkRequest {
  const { table, name, hook } = chain;
  const attributes = [attribute.text(1, table.name), attribute.text(3, name)];
  if (hook !== undefined) {
    attributes.push(
      attribute.nest(4, [attribute.u32be(1, hooks[hook.at]), attribute.u32be(2, hook.priority)]),
      attribute.u32be(5, hook.policy === 'drop' ? 0 : acceptPolicy),
      attribute.text(7, hook.type),
    );
  }
  return change(message.newChain, messageFlag.create, table, `add the chain ${name}`, attributes);
}

/** Its rules must be gone, and no rule may lead to it. */
export function deleteChain({ table, name }: NftChain): NetlinkRequest {
  const attributes = [attribute.text(1, table.name), attribute.text(3, name)];
  return change(message.deleteChain, 0, table, `delete the chain ${name}`, attributes);
}

export function flushChain({ table, name }: NftChain): NetlinkRequest {
  const attributes = [attribute.text(1, table.name), attribute.text(2, name)];
  return change(message.deleteRule, 0, table, `empty the chain ${name}`, attributes);
}

/** After the chain's last rule, or with `first` before all. */
export function addNftRule(
  { chain, expressions, comment }: NftRule,
  { first = false }: { readonly first?: boolean } = {},
): NetlinkRequest {
  const list = expressions.map(({ name, attributes }) =>
    attribute.nest(1, [attribute.text(1, name), attribute.nest(2, attributes)]),
  );
  const attributes = [attribute.text(1, chain.table.name), attribute.text(2, chain.name), attribute.nest(4, list)];
  if (comment !== undefined) attributes.push(attribute.bytes(7, encodeComment(comment)));
  const flags = messageFlag.create | (first ? 0 : messageFlag.append);
  return change(message.newRule, flags, chain.table, `add a rule to the chain ${chain.name}`, attributes);
}

/** @param handle - as listing the rules gives it. */
export function deleteNftRule(chain: NftChain, handle: bigint): NetlinkRequest {
  const attributes = [attribute.text(1, chain.table.name), attribute.text(2, chain.name), attribute.u64be(3, handle)];
  return change(message.deleteRule, 0, chain.table, `delete the rule ${handle} of the chain ${chain.name}`, attributes);
}

/** A set, or a map where it has data. It may be there already, with the same types. */
export function addSet(set: NftSet): NetlinkRequest {
  const concatenated = set.key.length > 1;
  const flags =
    (set.interval === true ? setFlag.interval : 0) |
    (set.data === undefined ? 0 : setFlag.map) |
    (concatenated && set.interval === true ? setFlag.concatenation : 0);
  const attributes = [
    attribute.text(1, set.table.name),
    attribute.text(2, set.name),
    attribute.u32be(3, flags),
    attribute.u32be(4, typeNumber(set.key)),
    attribute.u32be(5, keySize(set.key)),
    attribute.u32be(10, 1),
  ];
  if (set.data === 'verdict') attributes.push(attribute.u32be(6, verdictType), attribute.u32be(7, 16));
  else if (set.data !== undefined) {
    attributes.push(attribute.u32be(6, typeNumber(set.data)), attribute.u32be(7, keySize(set.data)));
  }
  if ((flags & setFlag.concatenation) !== 0) {
    const sizes = set.key.map((type) => attribute.nest(1, [attribute.u32be(1, valueTypes[type].size)]));
    attributes.push(attribute.nest(9, [attribute.nest(2, sizes)]));
  }
  return change(message.newSet, messageFlag.create, set.table, `add the set ${set.name}`, attributes);
}

export function deleteSet({ table, name }: Pick<NftSet, 'table' | 'name'>): NetlinkRequest {
  const attributes = [attribute.text(1, table.name), attribute.text(2, name)];
  return change(message.deleteSet, 0, table, `delete the set ${name}`, attributes);
}

/** What is there already with the same data is no error. */
export function addElements(set: NftSet, elements: readonly NftElement[]): NetlinkRequest[] {
  return elementRequests(message.newElements, messageFlag.create, 'add elements to', set, elements);
}

/** All of them must be there. */
export function deleteElements(set: NftSet, elements: readonly NftElement[]): NetlinkRequest[] {
  return elementRequests(message.deleteElements, 0, 'delete elements from', set, elements);
}

export function flushSet(set: NftSet): NetlinkRequest {
  const attributes = [attribute.text(1, set.table.name), attribute.text(2, set.name)];
  return change(message.deleteElements, 0, set.table, `empty the set ${set.name}`, attributes);
}

/** The header of every message: the family, and for begin and end the subsystem. */
export function nftHeader(family: number, resource = 0): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt8(family, 0);
  header.writeUInt16BE(resource, 2);
  return header;
}

export function nftMessageType(number: number): number {
  return subsystem | number;
}

function elementRequests(
  type: number,
  flags: number,
  verb: string,
  set: NftSet,
  elements: readonly NftElement[],
): NetlinkRequest[] {
  const requests: NetlinkRequest[] = [];
  for (let start = 0; start < elements.length; start += elementsPerRequest) {
    const list = elements
      .slice(start, start + elementsPerRequest)
      .flatMap((element) => elementAttributes(set, element));
    const attributes = [attribute.text(1, set.table.name), attribute.text(2, set.name), attribute.nest(3, list)];
    requests.push(change(type, flags, set.table, `${verb} the set ${set.name}`, attributes));
  }
  return requests;
}

/** A range is two elements: its start, and the first key that is outside; of several values it is one with two keys. */
function elementAttributes(set: NftSet, element: NftElement): Attribute[] {
  const data = dataAttributes(set, element);
  if (set.interval !== true) return [attribute.nest(1, [keyAttribute(1, encodeKey(set.key, element.key)), ...data])];
  const { first, last } = encodeRange(set.key, element.key);
  if (set.key.length > 1) return [attribute.nest(1, [keyAttribute(1, first), keyAttribute(10, last), ...data])];
  const outside = following(last);
  const start = attribute.nest(1, [keyAttribute(1, first), ...data]);
  if (outside === undefined) return [start];
  return [start, attribute.nest(1, [attribute.u32be(3, intervalEnd), keyAttribute(1, outside)])];
}

function dataAttributes(set: NftSet, { data }: NftElement): Attribute[] {
  if (data === undefined || set.data === undefined) return [];
  if (set.data === 'verdict') return [attribute.nest(2, [verdictData(data as NftVerdict)])];
  return [keyAttribute(2, encodeKey(set.data, data as readonly Value[]))];
}

function keyAttribute(type: number, value: Buffer): Attribute {
  return attribute.nest(type, [attribute.bytes(1, value)]);
}

/** Userspace's own data of a rule: type 0 is the comment, then its length and the text with a zero byte. */
function encodeComment(comment: string): Buffer {
  const text = Buffer.from(`${comment}\0`);
  return Buffer.concat([Buffer.of(0, text.length), text]);
}

function change(
  type: number,
  flags: number,
  table: NftTable,
  purpose: string,
  attributes: readonly Attribute[],
): NetlinkRequest {
  return { purpose, type: nftMessageType(type), flags, header: nftHeader(nftFamilies[table.family]), attributes };
}
