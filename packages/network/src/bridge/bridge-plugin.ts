/**
 * The bridge plugin: pods of a machine share a Linux bridge, which can be their gateway. Addresses come from an IPAM plugin that
 * is called on the way.
 */
import { CniError, cniErrorCode, CniPlugin } from '@kubewright/cni-sdk';
import type {
  AttachmentRequest,
  CheckRequest,
  CniInterface,
  CniRequest,
  CniResult,
  Delegate,
  GcRequest,
} from '@kubewright/cni-sdk';
import { parseMac, setLink } from '@kubewright/linux';
import type { Link, NetworkNamespace, Rtnetlink } from '@kubewright/linux';
import type { AttachmentKey, AttachmentStore } from '../host/attachment-store.js';
import { runAll } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { Masquerade } from '../host/masquerade.js';
import { linkName } from '../host/names.js';
import { attempt } from '../ipam/range.js';
import { appendResult } from '../pod/append-result.js';
import {
  broken,
  checkPodInterface,
  configurePodInterface,
  preparePodInterface,
  withPod,
} from '../pod/pod-interface.js';
import { connectVeth, disconnectVeth, requireNoVeth } from '../pod/veth.js';
import type { Veth, VethSpec } from '../pod/veth.js';
import { BridgeConfig } from './bridge-config.js';
import { ensureBridge, ensureBridgeAddresses, portSettings } from './bridge-device.js';
import { planGateways } from './gateways.js';

/** What is written down per attachment. */
interface Connected {
  /** Masqueraded addresses. */
  readonly addresses: readonly string[];
}

/** Position of the pod's end in the result: the bridge and the machine's end come first. */
const podPosition = 2;
/** Milliseconds between looks at whether a port forwards; it normally does at the first. */
const portPauses = [0, 1, 2, 5, 20, 50, 500, 1000, 1000];

/** Connects pods to a bridge. The configuration is that of the reference plugin of this name. */
export class BridgePlugin extends CniPlugin<BridgeConfig> {
  override readonly type = 'bridge';
  override readonly config = BridgeConfig;
  readonly #host: HostNetwork;
  readonly #masquerade: Masquerade;
  readonly #attachments: AttachmentStore<Connected>;

  constructor(host: HostNetwork) {
    super();
    this.#host = host;
    this.#masquerade = new Masquerade(() => host.filter);
    this.#attachments = host.attachments(this.type, readConnected);
  }

  override async add(request: AttachmentRequest<BridgeConfig>): Promise<CniResult> {
    const { config, netns } = request;
    checkSupported(config);
    return await withPod(netns, async (pod, namespace) => {
      const spec = vethSpec(request);
      // One after the other on the same socket, in one turn of the loop.
      const [, bridge] = await both(requireNoVeth(this.#host, pod, spec), ensureBridge(this.#host, config));
      const ipam = ipamOf(request);
      try {
        // The pair needs no address, and the lease no pair: its sync passes while the kernel works.
        const leased = ipam?.add() ?? Promise.resolve({});
        const [veth, given] = await both(this.#connect(request, { pod, namespace, bridge }, spec), leased);
        return await this.#configure(request, { pod, namespace, bridge, veth, given });
      } catch (error) {
        // The failure says more than that of the way back, and DEL will be called again.
        await this.#release(keyOf(request), '', [], ipam).catch(() => undefined);
        throw error;
      }
    });
  }

  override async del(request: AttachmentRequest<BridgeConfig>): Promise<void> {
    const addresses = request.config.ipMasq ? (request.prevResult?.ips ?? []).map(({ address }) => address) : [];
    await this.#release(keyOf(request), request.netns, addresses, ipamOf(request));
  }

  override async check(request: CheckRequest<BridgeConfig>): Promise<void> {
    const { config, netns, ifName, prevResult } = request;
    const bridge = await this.#host.tables.link(config.bridge);
    if (bridge?.up !== true)
      throw broken(`the bridge '${config.bridge}' is ${bridge === undefined ? 'missing' : 'down'}`);
    await withPod(netns, async (pod) => {
      await checkPodInterface(pod, ifName, prevResult);
      const peer = (await pod.link(ifName))?.peer;
      const port = peer === undefined ? undefined : await this.#host.tables.link(peer);
      if (port?.master !== bridge.index) throw broken(`'${ifName}' is not connected to the bridge '${config.bridge}'`);
    });
    if (config.ipMasq) {
      const stored = this.#attachments.get(keyOf(request))?.addresses ?? [];
      const [missing] = await this.#masquerade.missing(stored);
      if (missing !== undefined) throw broken(`the address ${missing} is not masqueraded`);
    }
    await ipamOf(request)?.check();
  }

  override async gc(request: GcRequest<BridgeConfig>): Promise<void> {
    const stale = this.#attachments.stale(request.config.name, request.validAttachments);
    await runAll([
      ...stale.map((one) => () => this.#release(one, '', [], undefined)),
      async () => ipamOf(request)?.gc(),
    ]);
  }

  override async status(request: CniRequest<BridgeConfig>): Promise<void> {
    checkSupported(request.config);
    const bridge = await this.#host.tables.link(request.config.bridge);
    if (bridge !== undefined && bridge.kind !== 'bridge') {
      throw CniError.notAvailable(`'${request.config.bridge}' is the name of a link that is no bridge`);
    }
    await ipamOf(request)?.status();
  }

  /** Writes the attachment down, makes the pair, and its end on the machine a port of the bridge. */
  async #connect(
    request: AttachmentRequest<BridgeConfig>,
    { pod, namespace, bridge }: Omit<Connection, 'veth' | 'given'>,
    spec: VethSpec,
  ): Promise<Veth> {
    const { config } = request;
    this.#attachments.put(keyOf(request), { addresses: [] });
    const { index: master } = bridge;
    const up = portSettings(0, config).length === 0;
    const veth = await connectVeth(this.#host, pod, namespace, { ...spec, master, up });
    this.#host.setSysctl({ [`net/ipv6/conf/${veth.host.name}/accept_ra`]: 0 });
    const settings = portSettings(veth.host.index, config);
    if (settings.length > 0) await this.#host.tables.run(...settings, setLink(veth.host.index, { up: true }));
    return veth;
  }

  async #configure(request: AttachmentRequest<BridgeConfig>, made: Connection): Promise<CniResult> {
    const { config, netns, ifName, signal } = request;
    const { pod, namespace, bridge, veth } = made;
    const { result, bridgeAddresses } = planGateways(config, made.given, podPosition);
    const options = { duplicateDetection: config.enabledad };
    const masqueraded = config.ipMasq ? (result.ips ?? []).map(({ address }) => address) : [];
    if (masqueraded.length > 0) this.#attachments.put(keyOf(request), { addresses: masqueraded });
    preparePodInterface(namespace, ifName, result, options);
    await runAll([
      () => configurePodInterface(pod, veth.pod.index, result, options),
      () => ensureBridgeAddresses(this.#host, bridge, config, bridgeAddresses),
      () => this.#masquerade.add(masqueraded),
    ]);
    await this.#untilForwarding(veth.host);
    signal.throwIfAborted();
    return appendResult(request.prevResult, { interfaces: interfacesOf(made, ifName, netns), ...result });
  }

  /**
   * The link goes before the lease: nobody gets an address that another pod still has.
   *
   * @param netns - where to look for a pair that another plugin made; empty unless the runtime named it just now, since a path
   * that was written down may be another pod's by then.
   */
  async #release(
    key: AttachmentKey,
    netns: string,
    addresses: readonly string[],
    ipam: Delegate | undefined,
  ): Promise<void> {
    const stored = this.#attachments.get(key)?.addresses ?? [];
    const hostName = linkName('veth', key);
    await runAll([
      () => disconnectVeth(this.#host, netns, { hostName, ifName: key.ifName }),
      () => this.#masquerade.delete([...new Set([...stored, ...addresses])]),
    ]);
    await ipam?.del();
    this.#attachments.delete(key);
  }

  /** A port that is up but does not forward yet would lose the pod's first packets. */
  async #untilForwarding({ index, name }: Link): Promise<void> {
    for (const pause of portPauses) {
      if (pause > 0) await this.#host.clock.sleep(pause);
      if ((await this.#host.tables.link(index))?.state === 'up') return;
    }
    throw new CniError(cniErrorCode.internal, `the bridge's port '${name}' did not come up`);
  }
}

interface Connection {
  readonly pod: Rtnetlink;
  readonly namespace: NetworkNamespace;
  readonly bridge: Link;
  readonly veth: Veth;
  /** What the IPAM plugin gave. */
  readonly given: CniResult;
}

function interfacesOf({ bridge, veth }: Connection, ifName: string, sandbox: string): CniInterface[] {
  const describe = ({ name, mac, mtu }: Link): CniInterface => ({
    name,
    ...(mac === undefined ? {} : { mac }),
    mtu,
  });
  return [describe(bridge), describe(veth.host), { ...describe(veth.pod), name: ifName, sandbox }];
}

function keyOf({ config, containerId, ifName }: AttachmentRequest<BridgeConfig>): AttachmentKey {
  return { network: config.name, containerId, ifName };
}

/** Without an IPAM plugin pods are connected, but get no address. */
function ipamOf(request: CniRequest<BridgeConfig>): Delegate | undefined {
  const type = request.config.ipam?.type;
  return type === undefined || type === '' ? undefined : request.delegate(type);
}

function vethSpec(request: AttachmentRequest<BridgeConfig>): VethSpec {
  const { config, ifName, arguments: values } = request;
  const fromArgs = config.args?.cni?.['mac'];
  const mac =
    config.runtimeConfig?.mac ?? (typeof fromArgs === 'string' ? fromArgs : (values.get('MAC') ?? config.mac));
  if (mac !== undefined) attempt('mac', () => parseMac(mac));
  return {
    hostName: linkName('veth', keyOf(request)),
    ifName,
    ...(config.mtu === 0 ? {} : { mtu: config.mtu }),
    ...(mac === undefined ? {} : { mac }),
  };
}

function checkSupported({ macspoofchk }: BridgeConfig): void {
  if (!macspoofchk) return;
  throw new CniError(cniErrorCode.unsupportedField, "the field 'macspoofchk' is not supported", 'leave it out');
}

function readConnected(value: unknown): Connected {
  const { addresses } = (value ?? {}) as Partial<Record<keyof Connected, unknown>>;
  return { addresses: Array.isArray(addresses) ? addresses.map(String) : [] };
}

/** Waits for both, also where one fails, so that nothing goes on behind the caller's back. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
