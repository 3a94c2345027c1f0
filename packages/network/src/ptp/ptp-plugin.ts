/** The ptp plugin: a pair of interfaces per pod and a route to it, without a bridge. */
import { CniPlugin, requireIpamType } from '@kubewright/cni-sdk';
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
import { familyOf } from '../config/families.js';
import { requireAccepted, checkFailure, requireLink } from '../host/answers.js';
import { attachmentKey } from '../host/attachment-store.js';
import type { HostNetwork } from '../host/host-network.js';
import { linkName } from '../host/names.js';
import { appendResult } from '../pod/append-result.js';
import { ConnectedPods } from '../pod/connected-pods.js';
import { PairConfig } from '../pod/pair-config.js';
import { bringUp, checkPodInterface, interfaceOf, podRoutes, preparePodInterface } from '../pod/pod-interface.js';
import { withPod } from '../pod/pod-namespace.js';
import { connectVeth } from '../pod/veth.js';
import type { Veth } from '../pod/veth.js';

/** Position of the pod's end in the result, behind the machine's. */
const podPosition = 1;
const whole = { 4: 32, 6: 128 } as const;
const options = { duplicateDetection: false };

/** Connects each pod by a pair of its own. All its packets, also to pods of its network, pass the machine's routing. */
export class PtpPlugin extends CniPlugin<PairConfig> {
  override readonly type = 'ptp';
  override readonly config = PairConfig;
  readonly #host: HostNetwork;
  readonly #pods: ConnectedPods;

  constructor(host: HostNetwork) {
    super();
    this.#host = host;
    this.#pods = new ConnectedPods(host, this.type);
  }

  override async add(request: AttachmentRequest<PairConfig>): Promise<CniResult> {
    const { config, netns, ifName } = request;
    const ipam = ipamOf(request);
    return await this.#pods.connect(request, ipam, async (pod, pair) => {
      const given = await ipam.add();
      const veth = await connectVeth(this.#host, pod.namespace, pair);
      preparePodInterface(pod.namespace, ifName, given, options);
      const inside = await this.#configure(pod.tables, veth, given);
      await this.#pods.masquerade(request, given);
      const interfaces = [interfaceOf(veth.host), { ...interfaceOf(inside), name: ifName, sandbox: netns }];
      return appendResult(request.prevResult, resultOf(interfaces, given, config.dns));
    });
  }

  override async del(request: AttachmentRequest<PairConfig>): Promise<void> {
    await this.#pods.disconnect(request, ipamOf(request));
  }

  override async check(request: CheckRequest<PairConfig>): Promise<void> {
    await withPod(request.netns, (pod) => checkPodInterface(pod, request.ifName, request.prevResult));
    const host = await this.#host.tables.link(linkName('veth', attachmentKey(request)));
    if (host?.up !== true) throw checkFailure("the machine's end of the pair is missing or down");
    await this.#pods.checkMasquerade(request);
    await ipamOf(request).check();
  }

  override async gc(request: GcRequest<PairConfig>): Promise<void> {
    await this.#pods.collect(request, ipamOf(request));
  }

  override async status(request: CniRequest<PairConfig>): Promise<void> {
    await ipamOf(request).status();
  }

  /** Both ends of the pair. Returns the pod's. */
  async #configure(pod: Rtnetlink, veth: Veth, given: CniResult): Promise<Link> {
    this.#host.setSysctl({ [`net/ipv6/conf/${veth.host.name}/accept_ra`]: 0, ...forwarding(given) });
    const outside = hostRequests(veth.host.index, given);
    requireAccepted(outside, await this.#host.tables.settle(outside), ['EEXIST']);
    const inside = podRequests(veth.podIndex, given);
    const { answers, links } = await pod.settleAndShow(inside, [veth.podIndex]);
    // The route to the own network, which comes with the address, is replaced; another kernel may not have made it.
    requireAccepted(inside, answers, ['EEXIST', 'ESRCH']);
    return requireLink(links[0]);
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
  const { ips = [] } = result;
  const addresses = ips.map(({ address }) =>
    addAddress({ link, address, noDuplicateDetection: familyOf(address) === 6 }),
  );
  const throughGateway = ips.flatMap(({ address, gateway }) => {
    if (gateway === undefined) return [];
    const preferredSource = parsePrefix(address).address;
    return [
      deleteRoute({ destination: networkOf(address), link }),
      addRoute({ destination: `${gateway}/${whole[familyOf(address)]}`, link, preferredSource }),
      addRoute({ destination: networkOf(address), gateway, link, preferredSource }),
    ];
  });
  return [...bringUp(link, addresses), ...throughGateway, ...podRoutes(link, result).map(addRoute)];
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

function ipamOf(request: CniRequest<PairConfig>): Delegate {
  return request.delegate(requireIpamType(request.config.ipam));
}
