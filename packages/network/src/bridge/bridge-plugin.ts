/**
 * The bridge plugin: pods of a machine share a Linux bridge, which can be their gateway. Addresses come from an IPAM plugin that
 * is called on the way.
 */
import { CniError, cniErrorCode, CniPlugin } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniRequest, CniResult, Delegate, GcRequest } from '@kubewright/cni-sdk';
import { parseMac, setLink } from '@kubewright/linux';
import type { Link, NetworkNamespace, Rtnetlink } from '@kubewright/linux';
import { attachmentKey } from '../host/attachment-store.js';
import { both, runAll } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { linkName } from '../host/names.js';
import { attempt } from '../ipam/range.js';
import { appendResult } from '../pod/append-result.js';
import { ConnectedPods } from '../pod/connected-pods.js';
import { addressesOf } from '../pod/link-index.js';
import {
  broken,
  checkPodInterface,
  configurePodInterface,
  interfaceOf,
  preparePodInterface,
  withPod,
} from '../pod/pod-interface.js';
import { connectVeth, requireNoVeth } from '../pod/veth.js';
import type { Veth, VethSpec } from '../pod/veth.js';
import { BridgeConfig } from './bridge-config.js';
import { ensureBridge, ensureBridgeAddresses, portSettings } from './bridge-device.js';
import { planGateways } from './gateways.js';

/** Position of the pod's end in the result: the bridge and the machine's end come first. */
const podPosition = 2;
/** Milliseconds between looks at whether a port forwards; it normally does at the first. */
const portPauses = [0, 1, 2, 5, 20, 50, 500, 1000, 1000];

/** Connects pods to a bridge. The configuration is that of the reference plugin of this name. */
export class BridgePlugin extends CniPlugin<BridgeConfig> {
  override readonly type = 'bridge';
  override readonly config = BridgeConfig;
  readonly #host: HostNetwork;
  readonly #pods: ConnectedPods;

  constructor(host: HostNetwork) {
    super();
    this.#host = host;
    this.#pods = new ConnectedPods(host, this.type);
  }

  override async add(request: AttachmentRequest<BridgeConfig>): Promise<CniResult> {
    const { config, netns } = request;
    checkSupported(config);
    return await withPod(netns, async (pod, namespace) => {
      const spec = vethSpec(request);
      requireNoVeth(this.#host, namespace, spec);
      const ipam = ipamOf(request);
      try {
        // Written down while the kernel looks for the bridge, before the pair is made.
        const [bridge] = await both(ensureBridge(this.#host, config), this.#pods.begin(attachmentKey(request)));
        // The pair needs no address, and the lease no pair: the kernel makes the one while the other is written and synced.
        const connected = this.#connect(config, namespace, { ...spec, master: bridge.index });
        const [veth, given] = await both(connected, ipam?.add() ?? Promise.resolve({}));
        return await this.#configure(request, { pod, namespace, bridge, veth, given });
      } catch (error) {
        // The failure says more than that of the way back, and DEL will be called again.
        await this.#pods.release(attachmentKey(request), { ipam }).catch(() => undefined);
        throw error;
      }
    });
  }

  override async del(request: AttachmentRequest<BridgeConfig>): Promise<void> {
    const { config, netns, ifName, prevResult } = request;
    const addresses = config.ipMasq ? addressesOf(prevResult, ifName) : [];
    await this.#pods.release(attachmentKey(request), { netns, addresses, ipam: ipamOf(request) });
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
    if (config.ipMasq) await this.#pods.checkMasquerade(attachmentKey(request));
    await ipamOf(request)?.check();
  }

  override async gc(request: GcRequest<BridgeConfig>): Promise<void> {
    const { config, validAttachments } = request;
    await runAll([() => this.#pods.releaseStale(config.name, validAttachments), async () => ipamOf(request)?.gc()]);
  }

  override async status(request: CniRequest<BridgeConfig>): Promise<void> {
    checkSupported(request.config);
    const bridge = await this.#host.tables.link(request.config.bridge);
    if (bridge !== undefined && bridge.kind !== 'bridge') {
      throw CniError.notAvailable(`'${request.config.bridge}' is the name of a link that is no bridge`);
    }
    await ipamOf(request)?.status();
  }

  /** Makes the pair, and its end on the machine a port of the bridge. */
  async #connect(config: BridgeConfig, namespace: NetworkNamespace, spec: VethSpec): Promise<Veth> {
    const up = portSettings(0, config).length === 0;
    const veth = await connectVeth(this.#host, namespace, { ...spec, up });
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
    preparePodInterface(namespace, ifName, result, options);
    const configurePod = async (): Promise<Link> => {
      const inside = await configurePodInterface(pod, veth.podIndex, result, options);
      await this.#untilForwarding(veth.host);
      return inside;
    };
    const configureMachine = async (): Promise<void> => {
      await ensureBridgeAddresses(this.#host, bridge, config, bridgeAddresses);
      this.#host.setSysctl({ [`net/ipv6/conf/${veth.host.name}/accept_ra`]: 0 });
    };
    const machine = [configureMachine, () => this.#pods.masquerade(attachmentKey(request), masqueraded)];
    const [inside] = await both(configurePod(), runAll(machine));
    signal.throwIfAborted();
    const sandbox = { ...interfaceOf(inside), name: ifName, sandbox: netns };
    return appendResult(request.prevResult, {
      interfaces: [interfaceOf(bridge), interfaceOf(veth.host), sandbox],
      ...result,
    });
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
    hostName: linkName('veth', attachmentKey(request)),
    ifName,
    ...(config.mtu === 0 ? {} : { mtu: config.mtu }),
    ...(mac === undefined ? {} : { mac }),
  };
}

function checkSupported({ macspoofchk }: BridgeConfig): void {
  if (!macspoofchk) return;
  throw new CniError(cniErrorCode.unsupportedField, "the field 'macspoofchk' is not supported", 'leave it out');
}
