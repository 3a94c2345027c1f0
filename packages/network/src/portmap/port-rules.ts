import { action, addElements, addNftRule, addSet, deleteElements, match } from '@kubewright/linux';
import type { Expression, NetlinkRequest, NftChain, NftElement, NftSet, PacketField } from '@kubewright/linux';
import { cniTable, output, postrouting, prerouting, tableWith } from '../host/table.js';
import { sourceMarkBit } from './port-map-config.js';
import type { MappedPort } from './port-map-config.js';

/** Mark of packets whose source is translated if they reach a pod by a host port. */
const sourceMark = 2 ** sourceMarkBit;

/** What one attachment has in the packet filter. */
export interface PortElements {
  readonly ports: readonly MappedPort[];
  /** `back`: translate a caller's address where the answer would not come back by itself; `all`: always; `none`: never. */
  readonly sources: 'none' | 'back' | 'all';
  /** The machine's interface towards the pod. */
  readonly hostInterface?: string;
}

export type SetElements = readonly [NftSet, readonly NftElement[]];

interface FamilySets {
  /** Protocol and host port to address and port of the pod. */
  readonly any: NftSet;
  /** The same for one address of the machine. */
  readonly one: NftSet;
  /** Host ports of both maps whose callers all get the machine's address. */
  readonly anyCaller: NftSet;
  readonly oneCaller: NftSet;
  /** Where marked packets get the machine's address: address, protocol and port of the pod. */
  readonly targets: NftSet;
}

const families = [4, 6] as const;
/** Interfaces whose pods use host ports of their neighbours. */
const inner: NftSet = { table: cniTable, name: 'port-interfaces', key: ['interface'] };
const translate: NftChain = { table: cniTable, name: 'host-ports' };

const sets: Readonly<Record<4 | 6, FamilySets>> = { 4: familySets(4), 6: familySets(6) };

/** The requests that map ports: elements of maps alone. Pure. */
export function addPorts(elements: PortElements): NetlinkRequest[] {
  return portElements(elements).flatMap(([set, list]) => addElements(set, list));
}

/** All that one attachment has, by set. Pure. */
export function portElements(elements: PortElements): SetElements[] {
  const ports = elements.ports.flatMap((port) => elementGroups(elements, port).flat());
  return [...ports, ...interfaceElements(elements)];
}

/** The requests that take the ports away, where they are there and lead to this pod. Each may be refused by itself. Pure. */
export function deletePorts(elements: PortElements): NetlinkRequest[][] {
  // A deletion of what is missing would be refused, so it is added first; where another pod has the port, that is refused.
  return elements.ports.flatMap((port) =>
    elementGroups(elements, port).map((group) =>
      group.flatMap(([set, list]) => [...addElements(set, list), ...deleteElements(set, list)]),
    ),
  );
}

/** The maps that hold the ports, for looking whether they are there. */
export function portKeys(port: MappedPort): { readonly set: NftSet; readonly element: NftElement } {
  const { any, one } = sets[port.family];
  const { protocol, hostPort, hostAddress } = port;
  const data = [port.address, port.port];
  return hostAddress === undefined
    ? { set: any, element: { key: [protocol, hostPort], data } }
    : { set: one, element: { key: [hostAddress, protocol, hostPort], data } };
}

/** The chains, maps and rules that all ports share. */
export function portFoundation(): NetlinkRequest[] {
  const all = families.flatMap((family): NftSet[] => Object.values(sets[family]));
  return [
    ...tableWith(prerouting, output, postrouting, translate),
    ...[inner, ...all].map(addSet),
    ...[prerouting, output].map((chain) =>
      rule(chain, [...match.localDestination(), ...action.verdict({ jump: translate.name })]),
    ),
    rule(translate, [...match.inSet(inner.name, ['incomingInterface']), ...action.setMark(sourceMark, sourceMark)]),
    rule(translate, [...match.source('127.0.0.0/8'), ...action.setMark(sourceMark, sourceMark)]),
    ...families.flatMap(familyRules),
  ];
}

function familyRules(family: 4 | 6): NetlinkRequest[] {
  const { any, one, anyCaller, oneCaller, targets } = sets[family];
  const mark = action.setMark(sourceMark, sourceMark);
  const destination: PacketField = `destinationV${family}`;
  const to = { family, withPort: true };
  const target: readonly PacketField[] = [destination, 'protocol', 'destinationPort'];
  return [
    rule(translate, [...match.inSet(oneCaller.name, target), ...mark]),
    rule(translate, action.destinationNatFromMap(one.name, target, to)),
    rule(translate, [
      ...match.family(family),
      ...match.inSet(anyCaller.name, ['protocol', 'destinationPort']),
      ...mark,
    ]),
    rule(translate, [
      ...match.family(family),
      ...action.destinationNatFromMap(any.name, ['protocol', 'destinationPort'], to),
    ]),
    rule(postrouting, [
      ...match.mark(sourceMark, sourceMark),
      ...match.inSet(targets.name, target),
      ...action.masquerade(),
    ]),
  ];
}

/** What a port has, in groups: the first is nobody's but who has the host port, the second is the pod's own. */
function elementGroups({ sources }: PortElements, port: MappedPort): SetElements[][] {
  const { set, element } = portKeys(port);
  const { any, anyCaller, oneCaller, targets } = sets[port.family];
  const callers: SetElements = [set === any ? anyCaller : oneCaller, [{ key: element.key }]];
  const target = { key: [port.address, port.protocol, port.port] };
  return [
    [[set, [element]], ...(sources === 'all' ? [callers] : [])],
    ...(sources === 'none' ? [] : [[[targets, [target]] as const]]),
  ];
}

/** They stay: an interface is shared by many pods, and without ports behind it the mark has no effect. */
function interfaceElements({ hostInterface, sources }: PortElements): SetElements[] {
  return hostInterface === undefined || sources === 'none' ? [] : [[inner, [{ key: [hostInterface] }]]];
}

function familySets(family: 4 | 6): FamilySets {
  const address = family === 4 ? 'ipv4' : 'ipv6';
  const table = cniTable;
  return {
    any: { table, name: `ports-${family}`, key: ['protocol', 'port'], data: [address, 'port'] },
    one: { table, name: `address-ports-${family}`, key: [address, 'protocol', 'port'], data: [address, 'port'] },
    anyCaller: { table, name: `ports-all-${family}`, key: ['protocol', 'port'] },
    oneCaller: { table, name: `address-ports-all-${family}`, key: [address, 'protocol', 'port'] },
    targets: { table, name: `port-targets-${family}`, key: [address, 'protocol', 'port'] },
  };
}

function rule(chain: NftChain, expressions: readonly Expression[]): NetlinkRequest {
  return addNftRule({ chain, expressions });
}
