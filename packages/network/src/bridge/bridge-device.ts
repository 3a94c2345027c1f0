import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import {
  addAddress,
  addBridgeVlans,
  deleteAddress,
  deleteBridgeVlans,
  errnoName,
  isRefusal,
  networkOf,
  newLink,
  setBridge,
  setBridgePort,
  setLink,
} from '@kubewright/linux';
import type { BridgeVlan, Link, NetlinkRequest } from '@kubewright/linux';
import type { HostNetwork } from '../host/host-network.js';
import { accept, familyOf } from '../pod/pod-interface.js';
import type { BridgeConfig, VlanTrunk } from './bridge-config.js';

/** VLAN that a bridge gives to new ports unless told otherwise. */
const defaultVlan = 1;

/** Finds the bridge or makes it. @throws CniError where the name belongs to something else. */
export async function ensureBridge(host: HostNetwork, config: BridgeConfig): Promise<Link> {
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
  if (!bridge.up) changes.push(setLink(bridge.index, { up: true }));
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
  bridge: Link,
  config: BridgeConfig,
  addresses: readonly string[],
): Promise<void> {
  if (addresses.length === 0) return;
  const link = config.vlan === 0 ? bridge.index : await ensureVlanDevice(host, bridge, config.vlan);
  const requests = addresses.map((address) =>
    addAddress({ link, address, noDuplicateDetection: familyOf(address) === 6 && !config.enabledad }),
  );
  const answers = await host.tables.settle(requests);
  accept(requests, answers, ['EEXIST']);
  const added = addresses.filter((_, index) => answers[index]?.errno === 0);
  if (added.length > 0) await resolveConflicts(host, link, config, addresses, added);
  host.setSysctl({
    ...(addresses.some((one) => familyOf(one) === 4) ? { 'net.ipv4.ip_forward': 1 } : {}),
    ...(addresses.some((one) => familyOf(one) === 6) ? { 'net.ipv6.conf.all.forwarding': 1 } : {}),
  });
}

/** An address of the same network that is not ours would send answers the wrong way. */
async function resolveConflicts(
  host: HostNetwork,
  link: number,
  config: BridgeConfig,
  wanted: readonly string[],
  added: readonly string[],
): Promise<void> {
  const networks = new Set(added.map(networkOf));
  const others = (await host.tables.addresses({ link })).filter(
    ({ address, scope }) => scope === 'global' && networks.has(networkOf(address)) && !wanted.includes(address),
  );
  if (others.length === 0) return;
  if (config.forceAddress) {
    await host.tables.run(...others.map(({ address }) => deleteAddress({ link, address })));
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
    ...(mtu === 0 ? {} : { mtu }),
    ...(hasVlans(config) ? { vlanFiltering: true } : {}),
  });
  await host.tables.run(spec).catch((error: unknown) => {
    // Another pod's request was faster.
    if (!isRefusal(error, 'EEXIST')) throw error;
  });
  const made = await host.tables.link(name);
  if (made?.mac === undefined) {
    throw new CniError(cniErrorCode.internal, `the bridge '${name}' vanished while it was being made`);
  }
  host.setSysctl({
    [`net/ipv6/conf/${name}/accept_ra`]: 0,
    // A gateway that still looks for duplicates of its own address asks for no neighbour's: the first pod would wait.
    ...(config.enabledad ? {} : { [`net/ipv6/conf/${name}/accept_dad`]: 0 }),
  });
  // Set by hand, the hardware address no longer follows that of the lowest port, so neighbours need not learn it again.
  await host.tables.run(setLink(made.index, { mac: made.mac, up: true }));
  return { ...made, up: true };
}

async function ensureVlanDevice(host: HostNetwork, bridge: Link, vlan: number): Promise<number> {
  const name = `${bridge.name}.${vlan}`;
  const present = await host.tables.link(name);
  if (present !== undefined) return present.index;
  const requests = [
    addBridgeVlans(bridge.index, [{ id: vlan }], true),
    newLink({ kind: 'vlan', name, link: bridge.index, id: vlan, up: true }),
  ];
  accept(requests, await host.tables.settle(requests), ['EEXIST']);
  const made = await host.tables.link(name);
  if (made === undefined) throw new CniError(cniErrorCode.internal, `the link '${name}' vanished`, errnoName(2));
  return made.index;
}

function hasVlans({ vlan, vlanTrunk }: BridgeConfig): boolean {
  return vlan !== 0 || vlanTrunk.length > 0;
}

function readTrunk({ id, minID, maxID }: VlanTrunk, index: number): BridgeVlan[] {
  const valid = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 4095;
  if (valid(id)) return [{ id }];
  if (valid(minID) && valid(maxID) && minID <= maxID) return [{ id: minID, lastId: maxID }];
  throw CniError.invalidConfig(`vlanTrunk[${index}]`, 'must have an id, or minID and maxID, from 1 to 4094');
}
