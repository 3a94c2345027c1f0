import { action, addElements, addNftRule, addSet, deleteElements, match } from '@kubewright/linux';
import type { Expression, NetlinkRequest, NftChain, NftElement, NftSet, PacketField } from '@kubewright/linux';
import { cniTable, output, postrouting, prerouting, tableWith } from '../host/table.js';
import type { MappedPort } from './port-map-config.js';

/** Mark of packets whose source may have to be translated; the bit is the one that the reference plugin takes by default. */
const sourceMark = 0x2000;

/** What one attachment has in the packet filter. */
export interface PortElements {
  readonly ports: readonly MappedPort[];
  /** `back`: translate the source where the answer would not come back by itself; `all`: always; `none`: never. */
  readonly sources: 'none' | 'back' | 'all';
  /** The machine's interface towards the pod. */
  readonly hostInterface?: string;
}

interface FamilySets {
  /** Protocol and host port to address and port of the pod. */
  readonly any: NftSet;
  /** The same for one address of the machine. */
  readonly one: NftSet;
  /** Where packets may come back from through the machine alone: address, protocol and port of the pod. */
  readonly back: NftSet;
  readonly all: NftSet;
}

const families = [4, 6] as const;
/** Interfaces whose pods use host ports of their neighbours. */
const inner: NftSet = { table: cniTable, name: 'port-interfaces', key: ['interface'] };
const translate: NftChain = { table: cniTable, name: 'host-ports' };

const sets: Readonly<Record<4 | 6, FamilySets>> = { 4: familySets(4), 6: familySets(6) };

/** The requests that map ports: elements of maps alone. Pure. */
export function addPorts(elements: PortElements): NetlinkRequest[] {
  return [...setElements(elements), ...interfaceElements(elements)].flatMap(([set, list]) => addElements(set, list));
}

/** The requests that take the ports away, where they are there and lead to this pod. Each may be refused by itself. Pure. */
export function deletePorts(elements: PortElements): NetlinkRequest[][] {
  // A deletion of what is missing would be refused, so it is added first; where another pod has the port, that is refused.
  return setElements(elements).map(([set, list]) => [...addElements(set, list), ...deleteElements(set, list)]);
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
  const all = families.flatMap((family) => Object.values(sets[family]) as NftSet[]);
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
  const { any, one, back, all } = sets[family];
  const destination: PacketField = `destinationV${family}`;
  const to = { family, withPort: true };
  const target: readonly PacketField[] = [destination, 'protocol', 'destinationPort'];
  return [
    rule(translate, action.destinationNatFromMap(one.name, target, to)),
    rule(translate, [
      ...match.family(family),
      ...action.destinationNatFromMap(any.name, ['protocol', 'destinationPort'], to),
    ]),
    rule(postrouting, [
      ...match.mark(sourceMark, sourceMark),
      ...match.inSet(back.name, target),
      ...action.masquerade(),
    ]),
    rule(postrouting, [...match.inSet(all.name, target), ...action.masquerade()]),
  ];
}

function setElements({ ports, sources }: PortElements): (readonly [NftSet, readonly NftElement[]])[] {
  return ports.flatMap((port) => {
    const { set, element } = portKeys(port);
    const { back, all } = sets[port.family];
    const target = { key: [port.address, port.protocol, port.port] };
    const translated = sources === 'none' ? [] : [[sources === 'all' ? all : back, [target]] as const];
    return [[set, [element]] as const, ...translated];
  });
}

/** They stay: an interface is shared by many pods, and without ports behind it the mark has no effect. */
function interfaceElements({ hostInterface, sources }: PortElements): (readonly [NftSet, readonly NftElement[]])[] {
  return hostInterface === undefined || sources === 'none' ? [] : [[inner, [{ key: [hostInterface] }]]];
}

function familySets(family: 4 | 6): FamilySets {
  const address = family === 4 ? 'ipv4' : 'ipv6';
  const table = cniTable;
  return {
    any: { table, name: `ports-${family}`, key: ['protocol', 'port'], data: [address, 'port'] },
    one: { table, name: `address-ports-${family}`, key: [address, 'protocol', 'port'], data: [address, 'port'] },
    back: { table, name: `port-targets-${family}`, key: [address, 'protocol', 'port'] },
    all: { table, name: `port-targets-all-${family}`, key: [address, 'protocol', 'port'] },
  };
}

function rule(chain: NftChain, expressions: readonly Expression[]): NetlinkRequest {
  return addNftRule({ chain, expressions });
}
