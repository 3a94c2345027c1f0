import { addressFamily, parsePrefix } from '../ip/address.js';
import { attribute } from '../netlink/attributes.js';
import type { Attribute } from '../netlink/attributes.js';
import { encodeValue, prefixMask, protocolNumbers, valueTypes, wordsOf } from './values.js';
import type { ValueType } from './values.js';

/** A step of a rule. Steps run in order; one that does not match ends the rule. */
export interface Expression {
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

/** What of a packet can be compared, or looked up in a set. */
export type PacketField =
  | 'sourceV4'
  | 'destinationV4'
  | 'sourceV6'
  | 'destinationV6'
  | 'sourcePort'
  | 'destinationPort'
  | 'protocol'
  | 'incomingInterface'
  | 'outgoingInterface'
  | 'mark';

export type NftVerdict = 'accept' | 'drop' | 'return' | { readonly jump: string } | { readonly goto: string };

/** Where a field comes from: a place in a header, or what the kernel knows of the packet. */
const fields: Readonly<
  Record<
    PacketField,
    { readonly type: ValueType; readonly payload?: readonly [base: number, offset: number]; readonly meta?: number }
  >
> = {
  sourceV4: { type: 'ipv4', payload: [1, 12] },
  destinationV4: { type: 'ipv4', payload: [1, 16] },
  sourceV6: { type: 'ipv6', payload: [1, 8] },
  destinationV6: { type: 'ipv6', payload: [1, 24] },
  sourcePort: { type: 'port', payload: [2, 0] },
  destinationPort: { type: 'port', payload: [2, 2] },
  protocol: { type: 'protocol', meta: 16 },
  incomingInterface: { type: 'interface', meta: 6 },
  outgoingInterface: { type: 'interface', meta: 7 },
  mark: { type: 'mark', meta: 3 },
};

const metaFamily = 15;
const metaMark = 3;
/** Registers of four bytes each start at this number; register 0 takes the verdict. */
const firstRegister = 8;
const verdictRegister = 0;
const comparison = { equal: 0, notEqual: 1 } as const;
const verdictCodes = { accept: 1, drop: 0, return: -5, jump: -3, goto: -4 } as const;
const connectionStates = { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 } as const;
const familyNumbers = { 4: 2, 6: 10 } as const;
const localAddress = 2;

export interface NftMatchOptions {
  /** Default: false. */
  readonly not?: boolean;
}

/** Conditions of rules. */
export const match = {
  family: (family: 4 | 6): Expression[] => [meta(metaFamily), compare(Buffer.of(familyNumbers[family]))],
  protocol: (protocol: string | number): Expression[] => [
    load('protocol'),
    compare(encodeValue('protocol', protocolNumbers[protocol] ?? protocol)),
  ],
  /** An address or a network, of either family. */
  source: (prefix: string, options?: NftMatchOptions): Expression[] => matchPrefix(prefix, 'source', options),
  destination: (prefix: string, options?: NftMatchOptions): Expression[] => matchPrefix(prefix, 'destination', options),
  /** After `protocol`. */
  sourcePort: (port: number, options?: NftMatchOptions): Expression[] => equals('sourcePort', port, options),
  destinationPort: (port: number, options?: NftMatchOptions): Expression[] => equals('destinationPort', port, options),
  /** A name, or the beginning of names with `*` at its end. */
  incomingInterface: (name: string, options?: NftMatchOptions): Expression[] =>
    matchName('incomingInterface', name, options),
  outgoingInterface: (name: string, options?: NftMatchOptions): Expression[] =>
    matchName('outgoingInterface', name, options),
  mark: (value: number, mask = 0xffffffff, options?: NftMatchOptions): Expression[] => [
    load('mark'),
    ...(mask === 0xffffffff ? [] : [bitwise(encodeValue('mark', mask), Buffer.alloc(4))]),
    compare(encodeValue('mark', value), options),
  ],
  connectionState: (...states: readonly (keyof typeof connectionStates)[]): Expression[] => {
    const bits = states.reduce((sum, state) => sum | connectionStates[state], 0);
    const connection = { name: 'ct', attributes: [attribute.u32be(1, firstRegister), attribute.u32be(2, 0)] };
    return [connection, bitwise(encodeValue('mark', bits), Buffer.alloc(4)), compare(Buffer.alloc(4), { not: true })];
  },
  /** The destination is an address of this machine. */
  localDestination: (options?: NftMatchOptions): Expression[] => [
    { name: 'fib', attributes: [attribute.u32be(1, firstRegister), attribute.u32be(2, 3), attribute.u32be(3, 2)] },
    compare(encodeValue('mark', localAddress), options),
  ],
  /** The fields, as one key, are in the set. An address field matches packets of its family alone. */
  inSet: (set: string, keys: readonly PacketField[], { not = false }: NftMatchOptions = {}): Expression[] => [
    ...loadAll(keys),
    lookUp(set, not ? [attribute.u32be(5, 1)] : []),
  ],
};

/** What rules do. A rule may do several things, and what decides about the packet comes last. */
export const action = {
  counter: (): Expression[] => [{ name: 'counter', attributes: [] }],
  verdict: (verdict: NftVerdict): Expression[] => [immediate(verdictRegister, verdictData(verdict))],
  /** The verdict that the map has for the fields; without one the rule ends. */
  verdictFromMap: (map: string, keys: readonly PacketField[]): Expression[] => [
    ...loadAll(keys),
    lookUp(map, [attribute.u32be(3, verdictRegister)]),
  ],
  /** A verdict by chance: the map has one for each of 0 to `count` - 1, as marks. */
  randomVerdict: (map: string, count: number): Expression[] => [
    {
      name: 'numgen',
      attributes: [
        attribute.u32be(1, firstRegister),
        attribute.u32be(2, count),
        attribute.u32be(3, 1),
        attribute.u32be(4, 0),
      ],
    },
    lookUp(map, [attribute.u32be(3, verdictRegister)]),
  ],
  setMark: (value: number, mask = 0xffffffff): Expression[] => [
    load('mark'),
    bitwise(encodeValue('mark', ~mask >>> 0), encodeValue('mark', value)),
    { name: 'meta', attributes: [attribute.u32be(2, metaMark), attribute.u32be(3, firstRegister)] },
  ],
  masquerade: (): Expression[] => [{ name: 'masq', attributes: [] }],
  sourceNat: (address: string): Expression[] => translate(0, address),
  /** The port stays where none is given. */
  destinationNat: (address: string, port?: number): Expression[] => translate(1, address, port),
  /** To the address, and the port where `withPort`, that the map has for the fields. */
  destinationNatFromMap: (
    map: string,
    keys: readonly PacketField[],
    to: { readonly family: 4 | 6; readonly withPort: boolean },
  ): Expression[] => [
    ...loadAll(keys),
    lookUp(map, [attribute.u32be(3, firstRegister)]),
    nat(1, to.family, to.withPort),
  ],
  /** Answers that the port cannot be reached. */
  reject: (): Expression[] => [{ name: 'reject', attributes: [attribute.u32be(1, 2), attribute.u8(2, 1)] }],
};

/** The nested description of a verdict, as rules and maps hold it. */
export function verdictData(verdict: NftVerdict): Attribute {
  const [code, chain] =
    typeof verdict === 'string'
      ? ([verdictCodes[verdict], undefined] as const)
      : 'jump' in verdict
        ? ([verdictCodes.jump, verdict.jump] as const)
        : ([verdictCodes.goto, verdict.goto] as const);
  return attribute.nest(2, [attribute.u32be(1, code), ...(chain === undefined ? [] : [attribute.text(2, chain)])]);
}

/** The type of the key that fields make. */
export function fieldTypes(keys: readonly PacketField[]): ValueType[] {
  return keys.map((key) => fields[key].type);
}

function equals(field: PacketField, value: number, options?: NftMatchOptions): Expression[] {
  return [load(field), compare(encodeValue(fields[field].type, value), options)];
}

function matchPrefix(prefix: string, end: 'source' | 'destination', options?: NftMatchOptions): Expression[] {
  const { address, length } = parsePrefix(prefix);
  const family = addressFamily(address);
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const { size } = valueTypes[type];
  const mask = prefixMask(length, size);
  const network = encodeValue(type, address).map((byte, index) => byte & (mask[index] ?? 0));
  const partial = length < size * 8;
  return [
    ...match.family(family),
    load(`${end}V${family}`),
    ...(partial ? [bitwise(mask, Buffer.alloc(size))] : []),
    compare(Buffer.from(network), options),
  ];
}

function matchName(field: PacketField, name: string, options?: NftMatchOptions): Expression[] {
  const value = name.endsWith('*') ? Buffer.from(name.slice(0, -1)) : encodeValue('interface', name);
  return [load(field), compare(value, options)];
}

/** Loads fields side by side. An address is at its place in packets of its family alone, so others end the rule. */
function loadAll(keys: readonly PacketField[]): Expression[] {
  let register = firstRegister;
  const loads = keys.map((key) => {
    const expression = load(key, register);
    register += wordsOf(valueTypes[fields[key].type].size);
    return expression;
  });
  const v4 = keys.some((key) => fields[key].type === 'ipv4');
  const v6 = keys.some((key) => fields[key].type === 'ipv6');
  return [...(v4 ? match.family(4) : []), ...(v6 ? match.family(6) : []), ...loads];
}

function load(field: PacketField, register = firstRegister): Expression {
  const { type, payload, meta: key } = fields[field];
  if (payload === undefined) return meta(key ?? 0, register);
  const [base, offset] = payload;
  const values = [register, base, offset, valueTypes[type].size];
  return { name: 'payload', attributes: values.map((value, index) => attribute.u32be(index + 1, value)) };
}

function meta(key: number, register = firstRegister): Expression {
  return { name: 'meta', attributes: [attribute.u32be(1, register), attribute.u32be(2, key)] };
}

function compare(value: Buffer, { not = false }: NftMatchOptions = {}): Expression {
  const operation = not ? comparison.notEqual : comparison.equal;
  return {
    name: 'cmp',
    attributes: [attribute.u32be(1, firstRegister), attribute.u32be(2, operation), dataValue(3, value)],
  };
}

function bitwise(mask: Buffer, xor: Buffer): Expression {
  const numbers = [firstRegister, firstRegister, mask.length].map((value, index) => attribute.u32be(index + 1, value));
  return { name: 'bitwise', attributes: [...numbers, dataValue(4, mask), dataValue(5, xor)] };
}

function lookUp(set: string, more: readonly Attribute[]): Expression {
  return { name: 'lookup', attributes: [attribute.text(1, set), attribute.u32be(2, firstRegister), ...more] };
}

function immediate(register: number, data: Attribute): Expression {
  return { name: 'immediate', attributes: [attribute.u32be(1, register), attribute.nest(2, [data])] };
}

function translate(kind: 0 | 1, address: string, port?: number): Expression[] {
  const family = addressFamily(address);
  const value = encodeValue(family === 4 ? 'ipv4' : 'ipv6', address);
  const portRegister = firstRegister + wordsOf(value.length);
  return [
    immediate(firstRegister, attribute.bytes(1, value)),
    ...(port === undefined ? [] : [immediate(portRegister, attribute.bytes(1, encodeValue('port', port)))]),
    nat(kind, family, port !== undefined),
  ];
}

function nat(kind: 0 | 1, family: 4 | 6, withPort: boolean): Expression {
  const portRegister = firstRegister + wordsOf(valueTypes[family === 4 ? 'ipv4' : 'ipv6'].size);
  const common = [
    attribute.u32be(1, kind),
    attribute.u32be(2, familyNumbers[family]),
    attribute.u32be(3, firstRegister),
  ];
  return { name: 'nat', attributes: withPort ? [...common, attribute.u32be(5, portRegister)] : common };
}

function dataValue(type: number, value: Buffer): Attribute {
  return attribute.nest(type, [attribute.bytes(1, value)]);
}
