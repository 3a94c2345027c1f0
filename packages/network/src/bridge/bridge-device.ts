import { randomBytes } from 'node:crypto';
import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import {
  addAddress,
  addBridgeVlans,
  deleteAddress,
  deleteBridgeVlans,
  formatMac,
  isRefusal,
  networkOf,
  newLink,
  parsePrefix,
  setBridge,
  setBridgePort,
  setLink,
} from '@kubewright/linux';
import type { BridgeVlan, Link, NetlinkRequest } from '@kubewright/linux';
import { familyOf } from '../config/families.js';
import { requireAccepted } from '../host/answers.js';
import type { HostNetwork } from '../host/host-network.js';
import type { BridgeConfig, VlanTrunk } from './bridge-config.js';

/** VLAN that a bridge gives to new ports unless told otherwise. */
const defaultVlan = 1;

/** The bridges of a machine. */
export class Bridges {
  readonly #host: HostNetwork;
  /** Where bridges were found. An index is not given out twice: the link that still has it and the name is that bridge. */
  readonly #known = new Map<string, number>();

  constructor(host: HostNetwork) {
    this.#host = host;
  }

  /** Finds the bridge or makes it, and tells its index. @throws CniError where the name belongs to something else. */
  async ensure(config: BridgeConfig): Promise<number> {
    const known = this.#known.get(config.bridge);
    if (known !== undefined && this.#serves(known, config)) return known;
    const { index } = await findOrMake(this.#host, config);
    this.#known.set(config.bridge, index);
    return index;
  }

  #serves(index: number, config: BridgeConfig): boolean {
    if (hasVlans(config)) return false;
    const seen = this.#host.tables.linkFlags(index, config.bridge);
    return seen !== undefined && seen.up && (seen.promiscuous || !config.promiscMode);
  }
}

async function findOrMake(host: HostNetwork, config: BridgeConfig): Promise<Link> {
  const present = await host.tables.link(config.bridge);
  if (present !== undefined && present.kind !== 'bridge') {
    throw CniError.invalidConfig('bridge', `'${config.bridge}' is the name of a link that is no bridge`);
  }
  const bridge = present ?? (await makeBridge(host, config));
  const changes: NetlinkRequest[] = [];
  if (config.promiscMode && !bridge.promiscuous) changes.push(setLink(bridge.index, { promiscuous: true }));
  if (hasVlans(config) && bridge.details?.['vlanFiltering'] !== true) {
    changes.push(setBridge(bridge.index, { vlanFiltering: true }));
  }
  if (!bridge.up) {
    prepareBridge(host, config);
    changes.push(setLink(bridge.index, { up: true }));
  }
  if (changes.length > 0) await host.tables.run(...changes);
  return bridge;
}

/** What a port needs before it comes up; nothing, for most. Pure. */
export function portSettings(port: number, config: BridgeConfig): NetlinkRequest[] {
  const requests: NetlinkRequest[] = [];
  if (config.hairpinMode || config.portIsolation) {
    const hairpin = config.hairpinMode ? { hairpin: true } : {};
    requests.push(setBridgePort(port, { ...hairpin, ...(config.portIsolation ? { isolated: true } : {}) }));
  }
  if (hasVlans(config)) {
    const vlans = portVlans(config);
    if (!config.preserveDefaultVlan && !vlans.some(({ id }) => id === defaultVlan)) {
      requests.push(deleteBridgeVlans(port, [{ id: defaultVlan }]));
    }
    requests.push(addBridgeVlans(port, vlans));
  }
  return requests;
}

/** The VLANs of a port. @throws CniError 7 for a trunk that is no VLAN and no range. */
export function portVlans({ vlan, vlanTrunk }: BridgeConfig): BridgeVlan[] {
  const own = vlan === 0 ? [] : [{ id: vlan, pvid: true, untagged: true }];
  return [...own, ...vlanTrunk.flatMap(readTrunk)];
}

/** Gives the bridge its addresses, or, with a VLAN, the device for that VLAN on top of it. */
export async function ensureBridgeAddresses(
  host: HostNetwork,
  bridge: number,
  config: BridgeConfig,
  addresses: readonly string[],
): Promise<void> {
  if (addresses.length === 0) return;
  const link = config.vlan === 0 ? bridge : await ensureVlanDevice(host, bridge, config);
  const requests = gatewayRequests(link, config, addresses);
  const answers = await host.tables.settle(requests);
  requireAccepted(requests, answers, ['EEXIST']);
  const added = addresses.filter((_, index) => answers[index]?.errno === 0);
  if (added.length > 0) await resolveConflicts(host, link, config, addresses, added);
  host.setSysctl({
    ...(addresses.some((one) => familyOf(one) === 4) ? { 'net.ipv4.ip_forward': 1 } : {}),
    ...(addresses.some((one) => familyOf(one) === 6) ? { 'net.ipv6.conf.all.forwarding': 1 } : {}),
  });
}

function gatewayRequests(link: number, { enabledad }: BridgeConfig, addresses: readonly string[]): NetlinkRequest[] {
  return addresses.map((address) =>
    addAddress({ link, address, noDuplicateDetection: familyOf(address) === 6 && !enabledad }),
  );
}

/** Whether one network holds the other. */
function overlap(one: string, other: string): boolean {
  if (familyOf(one) !== familyOf(other)) return false;
  const [a, b] = [parsePrefix(one), parsePrefix(other)];
  const length = Math.min(a.length, b.length);
  return networkOf(`${a.address}/${length}`) === networkOf(`${b.address}/${length}`);
}

/** An address of the same network that is not ours would send answers the wrong way. */
async function resolveConflicts(
  host: HostNetwork,
  link: number,
  config: BridgeConfig,
  wanted: readonly string[],
  added: readonly string[],
): Promise<void> {
  const others = (await host.tables.addresses({ link })).filter(
    ({ address, scope }) =>
      scope === 'global' && !wanted.includes(address) && added.some((one) => overlap(one, address)),
  );
  if (others.length === 0) return;
  if (config.forceAddress) {
    await host.tables.run(...others.map(({ address }) => deleteAddress({ link, address })));
    // With the first address of a network the kernel takes away those that were added after it.
    const again = gatewayRequests(link, config, wanted);
    requireAccepted(again, await host.tables.settle(again), ['EEXIST']);
    return;
  }
  await host.tables.run(...added.map((address) => deleteAddress({ link, address })));
  const summary = `the bridge '${config.bridge}' has ${others[0]?.address ?? ''} instead of ${added.join(', ')}`;
  throw new CniError(cniErrorCode.internal, summary, 'remove that address, or set forceAddress');
}

async function makeBridge(host: HostNetwork, config: BridgeConfig): Promise<Link> {
  const { bridge: name, mtu } = config;
  const spec = newLink({
    kind: 'bridge',
    name,
    // Set by hand, it does not follow that of the lowest port, so neighbours need not learn it again.
    mac: randomMac(),
    ...(mtu === 0 ? {} : { mtu }),
    ...(hasVlans(config) ? { vlanFiltering: true } : {}),
  });
  await host.tables.run(spec).catch((error: unknown) => {
    // Another pod's request was faster.
    if (!isRefusal(error, 'EEXIST')) throw error;
  });
  const made = await host.tables.link(name);
  if (made === undefined) {
    throw new CniError(cniErrorCode.internal, `the bridge '${name}' vanished while it was being made`);
  }
  return made;
}

/** Sets the kernel parameters of a bridge before it is up, also of one that somebody began to make. */
function prepareBridge(host: HostNetwork, { bridge, enabledad }: BridgeConfig): void {
  host.setSysctl({
    [`net/ipv6/conf/${bridge}/accept_ra`]: 0,
    // A gateway that still looks for duplicates of its own address asks for no neighbour's: the first pod would wait.
    ...(enabledad ? {} : { [`net/ipv6/conf/${bridge}/accept_dad`]: 0 }),
  });
}

/** One that nobody was given: locally administered, and of one station. */
function randomMac(): string {
  const bytes = randomBytes(6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return formatMac(bytes);
}

async function ensureVlanDevice(host: HostNetwork, bridge: number, config: BridgeConfig): Promise<number> {
  const { vlan } = config;
  const name = `${config.bridge}.${vlan}`;
  const present = await host.tables.link(name);
  if (present !== undefined) return present.index;
  const requests = [
    addBridgeVlans(bridge, [{ id: vlan }], true),
    newLink({ kind: 'vlan', name, link: bridge, id: vlan, up: true }),
  ];
  requireAccepted(requests, await host.tables.settle(requests), ['EEXIST']);
  const made = await host.tables.link(name);
  if (made === undefined)
    throw new CniError(cniErrorCode.internal, `the link '${name}' vanished while it was being made`);
  return made.index;
}

function hasVlans({ vlan, vlanTrunk }: BridgeConfig): boolean {
  return vlan !== 0 || vlanTrunk.length > 0;
}

function readTrunk({ id, minID, maxID }: VlanTrunk, index: number): BridgeVlan[] {
  const isVlan = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 4095;
  const invalid = (): CniError =>
    CniError.invalidConfig(`vlanTrunk[${index}]`, 'must have an id, or minID and maxID, from 1 to 4094');
  const single = id === undefined ? [] : [id];
  if (!single.every(isVlan)) throw invalid();
  const vlans: BridgeVlan[] = single.map((one) => ({ id: one }));
  if (minID !== undefined || maxID !== undefined) {
    if (!isVlan(minID) || !isVlan(maxID) || minID > maxID) throw invalid();
    vlans.push({ id: minID, lastId: maxID });
  }
  if (vlans.length === 0) throw invalid();
  return vlans;
}
