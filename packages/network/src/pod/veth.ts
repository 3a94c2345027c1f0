import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import type { AttachmentRequest } from '@kubewright/cni-sdk';
import { deleteLink, isRefusal, linkExists, newLink, setLink } from '@kubewright/linux';
import type { Link, NetworkNamespace } from '@kubewright/linux';
import { requireAccepted, requireLink } from '../host/answers.js';
import { attachmentKey } from '../host/attachment-store.js';
import type { HostNetwork } from '../host/host-network.js';
import { linkName } from '../host/names.js';
import type { PairConfig } from './pair-config.js';
import { withPodIfPresent } from './pod-namespace.js';

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
  /** What the machine's end is a port of. */
  readonly master?: Link;
  /** Index of the pod's end, in its namespace. */
  readonly podIndex: number;
}

/** The pair of a request. */
export function vethSpec(request: AttachmentRequest<PairConfig>): VethSpec {
  const { config, ifName } = request;
  const hostName = linkName('veth', attachmentKey(request));
  return { hostName, ifName, ...(config.mtu === 0 ? {} : { mtu: config.mtu }) };
}

/** Makes a pair with one end inside the pod, in one request. The pod's end is down. */
export async function connectVeth(
  { tables }: HostNetwork,
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
  const host = { ...common, name: hostName, ...(master === undefined ? {} : { master }) };
  const requests = [newLink({ kind: 'veth', ...host, peer }), ...(up ? [setLink(hostName, { up })] : [])];
  const shown = master === undefined ? [hostName] : [hostName, master];
  const { answers, links } = await tables.settleAndShow(requests, shown);
  requireAccepted(requests, answers, []);
  const made = requireLink(links[0]);
  return { host: made, podIndex: made.peer ?? 0, ...(links[1] === undefined ? {} : { master: links[1] }) };
}

/** @throws CniError where a name of the pair is in use: the attachment exists already. */
export function requireNoVeth(host: HostNetwork, namespace: NetworkNamespace, { hostName, ifName }: VethSpec): void {
  const taken = host.hasLink(hostName);
  if (!taken && !linkExists(ifName, { namespace })) return;
  const where = taken ? `'${hostName}'` : `'${ifName}' in the pod`;
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
