import type { CniResult } from '@kubewright/cni-sdk';
import { hostInterface } from './link-index.js';
import type { HostNetwork } from '../host/host-network.js';

/**
 * The machine's interface by which it exchanges packets with a pod: the first of the result on the machine's side, or, with a VLAN,
 * the device on top of it, which no result names. There the way to the pod's address leads by it.
 */
export async function resolveHostInterface(
  host: HostNetwork,
  result: CniResult,
  address: string | undefined,
): Promise<string | undefined> {
  const name = hostInterface(result);
  if (name === undefined || address === undefined) return name;
  const way = await host.tables.routeTo(address);
  // Without a VLAN, as with most, the way is by that interface itself.
  if (way?.link === undefined || host.tables.linkFlags(way.link, name) !== undefined) return name;
  const link = await host.tables.link(way.link);
  return link?.name.startsWith(`${name}.`) === true ? link.name : name;
}
