/**
 * The overlay: pods of one machine reach those of another through tunnels (VXLAN) between the machines. `plan` says what the
 * kernel's tables must hold for a set of nodes, `vxlan-overlay` makes them so, and the controller follows the Node objects.
 * Pods are connected to their machine by the plugins; here it is machines that are connected.
 */
import { createHash } from 'node:crypto';
import type { DeepReadonly } from '@kubewright/api';
import type { Node } from '@kubewright/api/core/v1';
import { addressFamily, networkOf, parsePrefix } from '@kubewright/linux';
import type { ForwardingSpec, NeighbourSpec, RouteSpec } from '@kubewright/linux';
import { networkErrors } from '../errors.js';

/** A machine as the overlay sees it. */
export interface OverlayNode {
  readonly name: string;
  /** Where tunnels to it end. */
  readonly address: string;
  /** The networks of its pods. */
  readonly podNetworks: readonly string[];
}

/** What the tables of the tunnel's device must hold; the device's index is filled in later. */
export interface OverlayPlan {
  readonly routes: readonly Omit<RouteSpec, 'link'>[];
  readonly neighbours: readonly Omit<NeighbourSpec, 'link'>[];
  readonly forwarding: readonly Omit<ForwardingSpec, 'link'>[];
}

/** By which our routes are told from others: a number of our own in the range that is free for programs. */
export const overlayProtocol = 75;
/** Bytes that the tunnel's headers take: outer IP, UDP (8), VXLAN (8), inner Ethernet (14). */
const overhead = { 4: 50, 6: 70 } as const;

export function overlayMtu(deviceMtu: number, outerFamily: 4 | 6): number {
  return deviceMtu - overhead[outerFamily];
}

/**
 * The tunnel end's hardware address. It follows from the node's name, so that nobody has to publish it: 40 bits of a digest
 * behind a first byte that says "locally administered".
 */
export function tunnelMac(node: string): string {
  const digest = createHash('sha256').update(node).digest('hex');
  return `0e:${(digest.slice(0, 10).match(/../g) ?? []).join(':')}`;
}

/** The tunnel end's own address in a pod network: the network's first, which no pod gets. */
export function tunnelAddress(podNetwork: string): string {
  return parsePrefix(networkOf(podNetwork)).address;
}

/** Three kinds of entries per remote node; nothing is learned from traffic. Of a node that cannot be read there are none. */
export function planOverlay(
  self: string,
  nodes: readonly OverlayNode[],
): { readonly plan: OverlayPlan; readonly unusable: readonly Error[] } {
  const others = nodes.filter(({ name }) => name !== self);
  const unusable = others.flatMap((node) =>
    node.podNetworks
      .filter((network) => !isNetwork(network))
      .map((network) => networkErrors.INVALID_POD_NETWORK({ node: node.name, network })),
  );
  const plan = planFor(others.filter(({ podNetworks }) => podNetworks.every(isNetwork)));
  return { plan, unusable };
}

function planFor(remote: readonly OverlayNode[]): OverlayPlan {
  const ends = remote.flatMap(({ name, podNetworks }) =>
    podNetworks.map((network) => ({ name, network: networkOf(network), gateway: tunnelAddress(network) })),
  );
  return {
    routes: ends.map(({ network, gateway }) => ({
      destination: network,
      gateway,
      onlink: true,
      protocol: overlayProtocol,
    })),
    neighbours: ends.map(({ name, gateway }) => ({ address: gateway, mac: tunnelMac(name) })),
    forwarding: remote
      .filter(({ podNetworks }) => podNetworks.length > 0)
      .map(({ name, address }) => ({ mac: tunnelMac(name), destination: address })),
  };
}

/** Reads a Node; undefined where it has no pod network or no internal address of the family yet. */
export function overlayNode(node: DeepReadonly<Node>, family: 4 | 6): OverlayNode | undefined {
  const podNetworks = node.spec?.podCIDRs ?? (node.spec?.podCIDR === undefined ? [] : [node.spec.podCIDR]);
  const address = node.status?.addresses?.find((one) => one.type === 'InternalIP' && isOfFamily(one.address, family));
  if (podNetworks.length === 0 || address === undefined) return undefined;
  return { name: node.metadata.name ?? '', address: address.address, podNetworks };
}

/** As `overlayNode`, for the machine's own node, which has to be complete. */
export function ownOverlayNode(node: DeepReadonly<Node>, family: 4 | 6): OverlayNode {
  const found = overlayNode(node, family);
  if (found !== undefined) return found;
  const name = node.metadata.name ?? '';
  const hasNetwork = (node.spec?.podCIDRs ?? []).length > 0 || node.spec?.podCIDR !== undefined;
  throw hasNetwork
    ? networkErrors.NO_NODE_ADDRESS({ node: name, family })
    : networkErrors.NO_POD_NETWORK({ node: name });
}

function isNetwork(text: string): boolean {
  try {
    networkOf(text);
    return true;
  } catch {
    return false;
  }
}

function isOfFamily(text: string, family: 4 | 6): boolean {
  try {
    return addressFamily(text) === family;
  } catch {
    return false;
  }
}
