/** The ptp plugin: a pair of interfaces per pod and a route to it, without a bridge. */
import { CniPlugin, NetworkConfig, requireIpamType } from '@kubewright/cni-sdk';
import type {
  AttachmentRequest,
  CheckRequest,
  CniInterface,
  CniRequest,
  CniResult,
  Delegate,
  GcRequest,
} from '@kubewright/cni-sdk';
import { addAddress, addRoute, deleteRoute, networkOf, parsePrefix, setLink } from '@kubewright/linux';
import type { Link, NetlinkRequest, Rtnetlink } from '@kubewright/linux';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import { attachmentKey } from '../host/attachment-store.js';
import { runAll } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { linkName } from '../host/names.js';
import { appendResult } from '../pod/append-result.js';
import { ConnectedPods } from '../pod/connected-pods.js';
import { addressesOf } from '../pod/link-index.js';
import {
  accept,
  broken,
  checkPodInterface,
  interfaceOf,
  familyOf,
  podRoutes,
  preparePodInterface,
  present,
  withPod,
} from '../pod/pod-interface.js';
import { connectVeth, requireNoVeth } from '../pod/veth.js';
import type { Veth } from '../pod/veth.js';

const greatestMtu = 65_535;

/** Configuration of the ptp plugin, with the keys of the reference plugin of this name. */
export class PtpConfig extends NetworkConfig {
  @IsOptional()
  @IsBoolean()
  ipMasq = false;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(greatestMtu)
  mtu = 0;
}

/** Position of the pod's end in the result, behind the machine's. */
const podPosition = 1;
const whole = { 4: 32, 6: 128 } as const;
const options = { duplicateDetection: false };

/** Connects each pod by a pair of its own. All its packets, also to pods of its network, pass the machine's routing. */
export class PtpPlugin extends CniPlugin<PtpConfig> {
  override readonly type = 'ptp';
  override readonly config = PtpConfig;
  readonly #host: HostNetwork;
  readonly #pods: ConnectedPods;

  constructor(host: HostNetwork) {
    super();
    this.#host = host;
    this.#pods = new ConnectedPods(host, this.type);
  }

  override async add(request: AttachmentRequest<PtpConfig>): Promise<CniResult> {
    const { config, netns, ifName, signal } = request;
    const key = attachmentKey(request);
    const spec = { hostName: linkName('veth', key), ifName, ...(config.mtu === 0 ? {} : { mtu: config.mtu }) };
    return await withPod(netns, async (pod, namespace) => {
      requireNoVeth(this.#host, namespace, spec);
      const ipam = ipamOf(request);
      const given = await ipam.add();
      const addresses = config.ipMasq ? (given.ips ?? []).map(({ address }) => address) : [];
      try {
        await this.#pods.begin(key);
        const veth = await connectVeth(this.#host, namespace, spec);
        preparePodInterface(namespace, ifName, given, options);
        const inside = await this.#configure(pod, veth, given);
        await this.#pods.masquerade(key, addresses);
        signal.throwIfAborted();
        const interfaces = [interfaceOf(veth.host), { ...interfaceOf(inside), name: ifName, sandbox: netns }];
        return appendResult(request.prevResult, resultOf(interfaces, given, config.dns));
      } catch (error) {
        // The failure says more than that of the way back, and DEL will be called again.
        await this.#pods.release(key, { ipam }).catch(() => undefined);
        throw error;
      }
    });
  }

  override async del(request: AttachmentRequest<PtpConfig>): Promise<void> {
    const { config, netns, ifName, prevResult } = request;
    const addresses = config.ipMasq ? addressesOf(prevResult, ifName) : [];
    await this.#pods.release(attachmentKey(request), { netns, addresses, ipam: ipamOf(request) });
  }

  override async check(request: CheckRequest<PtpConfig>): Promise<void> {
    await withPod(request.netns, (pod) => checkPodInterface(pod, request.ifName, request.prevResult));
    const host = await this.#host.tables.link(linkName('veth', attachmentKey(request)));
    if (host?.up !== true) throw broken("the machine's end of the pair is missing or down");
    await this.#pods.checkMasquerade(attachmentKey(request));
    await ipamOf(request).check();
  }

  override async gc(request: GcRequest<PtpConfig>): Promise<void> {
    const { config, validAttachments } = request;
    await runAll([() => this.#pods.releaseStale(config.name, validAttachments), () => ipamOf(request).gc()]);
  }

  override async status(request: CniRequest<PtpConfig>): Promise<void> {
    await ipamOf(request).status();
  }

  /** Both ends of the pair. Returns the pod's. */
  async #configure(pod: Rtnetlink, veth: Veth, given: CniResult): Promise<Link> {
    this.#host.setSysctl({ [`net/ipv6/conf/${veth.host.name}/accept_ra`]: 0, ...forwarding(given) });
    const outside = hostRequests(veth.host.index, given);
    accept(outside, await this.#host.tables.settle(outside), ['EEXIST']);
    const inside = podRequests(veth.podIndex, given);
    const { answers, links } = await pod.settleAndShow(inside, [veth.podIndex]);
    // The route to the own network, which comes with the address, is replaced; another kernel may not have made it.
    accept(inside, answers, ['EEXIST', 'ESRCH']);
    return present(links[0]);
  }
}

/** The gateway's address on the machine's end, and a route to the pod. Pure. */
function hostRequests(link: number, { ips = [] }: CniResult): NetlinkRequest[] {
  return [
    setLink(link, { up: true }),
    ...ips.flatMap(({ address, gateway }) => {
      const family = familyOf(address);
      const noDuplicateDetection = family === 6;
      const own =
        gateway === undefined
          ? []
          : [addAddress({ link, address: `${gateway}/${whole[family]}`, noDuplicateDetection })];
      const destination = `${parsePrefix(address).address}/${whole[family]}`;
      return [...own, addRoute({ destination, link })];
    }),
  ];
}

/** Everything goes by the gateway: it is reached directly, and the own network through it. Pure. */
function podRequests(link: number, result: CniResult): NetlinkRequest[] {
  const addresses = (result.ips ?? []).flatMap(({ address, gateway }) => {
    const family = familyOf(address);
    const add = addAddress({ link, address, noDuplicateDetection: family === 6 });
    if (gateway === undefined) return [add];
    const preferredSource = parsePrefix(address).address;
    return [
      add,
      deleteRoute({ destination: networkOf(address), link }),
      addRoute({ destination: `${gateway}/${whole[family]}`, link, preferredSource }),
      addRoute({ destination: networkOf(address), gateway, link, preferredSource }),
    ];
  });
  return [setLink(link, { up: true }), ...addresses, ...podRoutes(link, result).map(addRoute)];
}

function forwarding({ ips = [] }: CniResult): Record<string, number> {
  const families = new Set(ips.map(({ address }) => familyOf(address)));
  return {
    ...(families.has(4) ? { 'net.ipv4.ip_forward': 1 } : {}),
    ...(families.has(6) ? { 'net.ipv6.conf.all.forwarding': 1 } : {}),
  };
}

function resultOf(interfaces: readonly CniInterface[], given: CniResult, dns: CniResult['dns']): CniResult {
  return {
    ...given,
    interfaces,
    ips: (given.ips ?? []).map((ip) => ({ ...ip, interface: podPosition })),
    ...(dns === undefined ? {} : { dns }),
  };
}

function ipamOf(request: CniRequest<PtpConfig>): Delegate {
  return request.delegate(requireIpamType(request.config.ipam));
}
