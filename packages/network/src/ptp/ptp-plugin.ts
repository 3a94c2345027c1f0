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
import type { Link, NetlinkRequest, NetworkNamespace, Rtnetlink } from '@kubewright/linux';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { AttachmentKey, AttachmentStore } from '../host/attachment-store.js';
import { runAll } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { Masquerade } from '../host/masquerade.js';
import { linkName } from '../host/names.js';
import { appendResult } from '../pod/append-result.js';
import {
  accept,
  broken,
  checkPodInterface,
  familyOf,
  podRoutes,
  preparePodInterface,
  withPod,
} from '../pod/pod-interface.js';
import { connectVeth, disconnectVeth, requireNoVeth } from '../pod/veth.js';
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

interface Connected {
  readonly addresses: readonly string[];
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
  readonly #masquerade: Masquerade;
  readonly #attachments: AttachmentStore<Connected>;

  constructor(host: HostNetwork) {
    super();
    this.#host = host;
    this.#masquerade = new Masquerade(() => host.filter);
    this.#attachments = host.attachments(this.type, readConnected);
  }

  override async add(request: AttachmentRequest<PtpConfig>): Promise<CniResult> {
    const { config, netns, ifName, signal } = request;
    const key = keyOf(request);
    const spec = { hostName: linkName('veth', key), ifName, ...(config.mtu === 0 ? {} : { mtu: config.mtu }) };
    return await withPod(netns, async (pod, namespace) => {
      await requireNoVeth(this.#host, pod, spec);
      const ipam = ipamOf(request);
      const given = await ipam.add();
      const addresses = config.ipMasq ? (given.ips ?? []).map(({ address }) => address) : [];
      try {
        this.#attachments.put(key, { addresses });
        const veth = await connectVeth(this.#host, pod, namespace, spec);
        const result = resultOf(veth, given, netns, ifName, config.dns);
        await this.#configure(pod, namespace, veth, result);
        await this.#masquerade.add(addresses);
        signal.throwIfAborted();
        return appendResult(request.prevResult, result);
      } catch (error) {
        // The failure says more than that of the way back, and DEL will be called again.
        await this.#release(key, '', ipam).catch(() => undefined);
        throw error;
      }
    });
  }

  override async del(request: AttachmentRequest<PtpConfig>): Promise<void> {
    await this.#release(keyOf(request), request.netns, ipamOf(request));
  }

  override async check(request: CheckRequest<PtpConfig>): Promise<void> {
    await withPod(request.netns, (pod) => checkPodInterface(pod, request.ifName, request.prevResult));
    const host = await this.#host.tables.link(linkName('veth', keyOf(request)));
    if (host?.up !== true) throw broken("the machine's end of the pair is missing or down");
    const [missing] = await this.#masquerade.missing(this.#attachments.get(keyOf(request))?.addresses ?? []);
    if (missing !== undefined) throw broken(`the address ${missing} is not masqueraded`);
    await ipamOf(request).check();
  }

  override async gc(request: GcRequest<PtpConfig>): Promise<void> {
    const stale = this.#attachments.stale(request.config.name, request.validAttachments);
    await runAll([...stale.map((one) => () => this.#release(one, '', undefined)), () => ipamOf(request).gc()]);
  }

  override async status(request: CniRequest<PtpConfig>): Promise<void> {
    await ipamOf(request).status();
  }

  async #configure(pod: Rtnetlink, namespace: NetworkNamespace, veth: Veth, result: CniResult): Promise<void> {
    preparePodInterface(namespace, veth.pod.name, result, options);
    this.#host.setSysctl({ [`net/ipv6/conf/${veth.host.name}/accept_ra`]: 0, ...forwarding(result) });
    const outside = hostRequests(veth.host.index, result);
    accept(outside, await this.#host.tables.settle(outside), ['EEXIST']);
    const inside = podRequests(veth.pod.index, result);
    // The route to the own network, which comes with the address, is replaced; another kernel may not have made it.
    accept(inside, await pod.settle(inside), ['EEXIST', 'ESRCH']);
  }

  /**
   * The link goes before the lease: nobody gets an address that another pod still has.
   *
   * @param netns - where to look for a pair that another plugin made; empty unless the runtime named it just now.
   */
  async #release(key: AttachmentKey, netns: string, ipam: Delegate | undefined): Promise<void> {
    const stored = this.#attachments.get(key)?.addresses ?? [];
    await runAll([
      () => disconnectVeth(this.#host, netns, { hostName: linkName('veth', key), ifName: key.ifName }),
      () => this.#masquerade.delete(stored),
    ]);
    await ipam?.del();
    this.#attachments.delete(key);
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

function resultOf(veth: Veth, given: CniResult, sandbox: string, ifName: string, dns: CniResult['dns']): CniResult {
  const describe = ({ name, mac, mtu }: Link): CniInterface => ({ name, ...(mac === undefined ? {} : { mac }), mtu });
  return {
    ...given,
    interfaces: [describe(veth.host), { ...describe(veth.pod), name: ifName, sandbox }],
    ips: (given.ips ?? []).map((ip) => ({ ...ip, interface: podPosition })),
    ...(dns === undefined ? {} : { dns }),
  };
}

function ipamOf(request: CniRequest<PtpConfig>): Delegate {
  return request.delegate(requireIpamType(request.config.ipam));
}

function keyOf({ config, containerId, ifName }: AttachmentRequest<PtpConfig>): AttachmentKey {
  return { network: config.name, containerId, ifName };
}

function readConnected(value: unknown): Connected {
  const { addresses } = (value ?? {}) as Partial<Record<keyof Connected, unknown>>;
  return { addresses: Array.isArray(addresses) ? addresses.map(String) : [] };
}
