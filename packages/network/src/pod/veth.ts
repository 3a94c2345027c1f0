import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import { deleteLink, isRefusal, newLink, setLink } from '@kubewright/linux';
import type { Link, NetworkNamespace, Rtnetlink } from '@kubewright/linux';
import type { HostNetwork } from '../host/host-network.js';
import { withPodIfPresent } from './pod-interface.js';

export interface VethSpec {
  /** Name of the machine's end. */
  readonly hostName: string;
  /** Name of the pod's end. */
  readonly ifName: string;
  /** Index of the bridge that the machine's end becomes a port of. */
  readonly master?: number;
  readonly mtu?: number;
  /** Of the pod's end. */
  readonly mac?: string;
  /** Whether the machine's end comes up at once. Default: false, it is to be set up first. */
  readonly up?: boolean;
}

export interface Veth {
  readonly host: Link;
  readonly pod: Link;
}

/** Makes a pair with one end inside the pod, in one request. The pod's end is down. */
export async function connectVeth(
  { tables }: HostNetwork,
  pod: Rtnetlink,
  namespace: NetworkNamespace,
  { hostName, ifName, master, mtu, mac, up = false }: VethSpec,
): Promise<Veth> {
  const common = mtu === undefined ? {} : { mtu };
  const peer = {
    ...common,
    name: ifName,
    namespaceDescriptor: namespace.descriptor,
    ...(mac === undefined ? {} : { mac }),
  };
  const request = newLink({
    kind: 'veth',
    name: hostName,
    ...common,
    ...(master === undefined ? {} : { master }),
    peer,
  });
  await tables.run(request, ...(up ? [setLink(hostName, { up })] : []));
  const [host, found] = await Promise.all([tables.link(hostName), pod.link(ifName)]);
  if (host === undefined || found === undefined) {
    throw new CniError(cniErrorCode.internal, `the pair '${hostName}' vanished while it was being made`);
  }
  return { host, pod: found };
}

/** @throws CniError where one of the two names is in use: the attachment exists already. */
export async function requireNoVeth(host: HostNetwork, pod: Rtnetlink, spec: VethSpec): Promise<void> {
  const [own, inside] = await Promise.all([host.tables.link(spec.hostName), pod.link(spec.ifName)]);
  if (own === undefined && inside === undefined) return;
  const where = own === undefined ? `'${spec.ifName}' in the pod` : `'${spec.hostName}'`;
  throw new CniError(cniErrorCode.internal, `the interface ${where} exists already`, 'release it with DEL first');
}

/**
 * Deletes the pair, by the name of the machine's end; where there is none of that name, as another plugin gave it its own, by
 * the pod's end. What is gone is no error.
 */
export async function disconnectVeth(
  host: HostNetwork,
  netns: string,
  { hostName, ifName }: Pick<VethSpec, 'hostName' | 'ifName'>,
): Promise<void> {
  const own = await host.tables.link(hostName);
  if (own !== undefined) {
    await host.reaper.delete(own.index);
    return;
  }
  await withPodIfPresent(netns, async (pod) => {
    const inside = await pod.link(ifName);
    if (inside === undefined || inside.loopback) return;
    const peer = inside.kind === 'veth' && inside.peer !== undefined ? await host.tables.link(inside.peer) : undefined;
    if (peer?.kind === 'veth' && peer.peer === inside.index) {
      await host.reaper.delete(peer.index);
      return;
    }
    await pod.run(deleteLink(inside.index)).catch((error: unknown) => {
      if (!isRefusal(error, 'ENODEV')) throw error;
    });
  });
}
