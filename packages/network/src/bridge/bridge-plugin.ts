import { CniError, cniErrorCode, CniPlugin } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniRequest, CniResult, Delegate, GcRequest } from '@kubewright/cni-sdk';
import { parseMac, setLink } from '@kubewright/linux';
import type { Link, NetworkNamespace } from '@kubewright/linux';
import { attempt, unsupportedField } from '../config/values.js';
import { checkFailure, requireLink } from '../host/answers.js';
import { both, runAll } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { appendResult } from '../pod/append-result.js';
import { ConnectedPods } from '../pod/connected-pods.js';
import {
  checkPodInterface,
  configurePodInterface,
  interfaceOf,
  announce,
  preparePodInterface,
} from '../pod/pod-interface.js';
import { withPod } from '../pod/pod-namespace.js';
import type { PodNamespace } from '../pod/pod-namespace.js';
import { untilUnique } from '../pod/unique-addresses.js';
import { connectVeth } from '../pod/veth.js';
import type { Veth, VethSpec } from '../pod/veth.js';
import { BridgeConfig } from './bridge-config.js';
import { Bridges, ensureBridgeAddresses, portSettings } from './bridge-device.js';
import { planGateways } from './gateways.js';
import type { GatewayPlan } from './gateways.js';

/** Position of the pod's end in the result: the bridge and the machine's end come first. */
const podPosition = 2;
/** Milliseconds between looks at whether a port forwards; it normally does at the first. */
const portPauses = [0, 1, 2, 5, 20, 50, 500, 1000, 1000];

interface Plan extends GatewayPlan {
  /** Resolves when the addresses are safe. */
  readonly settled: Promise<void>;
}

/** Connects pods to a bridge. The configuration is that of the reference plugin of this name. */
export class BridgePlugin extends CniPlugin<BridgeConfig> {
  override readonly type = 'bridge';
  override readonly config = BridgeConfig;
  readonly #host: HostNetwork;
  readonly #pods: ConnectedPods;
  readonly #bridges: Bridges;

  constructor(host: HostNetwork) {
    super();
    this.#host = host;
    this.#pods = new ConnectedPods(host, this.type);
    this.#bridges = new Bridges(host);
  }

  override async add(request: AttachmentRequest<BridgeConfig>): Promise<CniResult> {
    const { config, netns, ifName } = request;
    checkFields(config);
    const mac = wishedMac(request);
    const ipam = ipamOf(request);
    return await this.#pods.connect(request, ipam, async (pod, pair) => {
      const bridge = await this.#bridges.ensure(config);
      // The pair needs no address, and the lease no pair: the kernel makes the one while the other is written and synced.
      const connecting = this.#connect(config, pod.namespace, { ...pair, ...mac, master: bridge });
      const planning = planOf(config, ipam);
      const machine = this.#configureMachine(request, bridge, planning);
      const [inside] = await both(this.#configurePod(request, pod, connecting, planning), machine);
      const [veth, { result }] = await both(connecting, planning);
      const sandbox = { ...interfaceOf(inside), name: ifName, sandbox: netns };
      const interfaces = [interfaceOf(requireLink(veth.master)), interfaceOf(veth.host), sandbox];
      return appendResult(request.prevResult, { interfaces, ...result });
    });
  }

  override async del(request: AttachmentRequest<BridgeConfig>): Promise<void> {
    await this.#pods.disconnect(request, ipamOf(request));
  }

  override async check(request: CheckRequest<BridgeConfig>): Promise<void> {
    const { config, netns, ifName, prevResult } = request;
    const bridge = await this.#host.tables.link(config.bridge);
    if (bridge?.up !== true)
      throw checkFailure(`the bridge '${config.bridge}' is ${bridge === undefined ? 'missing' : 'down'}`);
    await withPod(netns, async (pod) => {
      await checkPodInterface(pod, ifName, prevResult, { up: !config.disableContainerInterface });
      const peer = (await pod.link(ifName))?.peer;
      const port = peer === undefined ? undefined : await this.#host.tables.link(peer);
      if (port?.master !== bridge.index)
        throw checkFailure(`'${ifName}' is not connected to the bridge '${config.bridge}'`);
    });
    await this.#pods.checkMasquerade(request);
    await ipamOf(request)?.check();
  }

  override async gc(request: GcRequest<BridgeConfig>): Promise<void> {
    await this.#pods.collect(request, ipamOf(request));
  }

  override async status(request: CniRequest<BridgeConfig>): Promise<void> {
    checkFields(request.config);
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

  /** Gives the pod's end its addresses as soon as there are both, and tells what became of it. */
  async #configurePod(
    request: AttachmentRequest<BridgeConfig>,
    pod: PodNamespace,
    connecting: Promise<Veth>,
    planning: Promise<Plan>,
  ): Promise<Link> {
    const [{ host, podIndex }, { result }] = await both(connecting, planning);
    if (request.config.disableContainerInterface) return requireLink(await pod.tables.link(podIndex));
    const options = { duplicateDetection: request.config.enabledad };
    preparePodInterface(pod.namespace, request.ifName, result, options);
    const [inside] = await both(
      configurePodInterface(pod.tables, podIndex, result, options),
      this.#ignoreRouters(host.name),
    );
    await this.#untilForwarding(host);
    if (options.duplicateDetection) await untilUnique(pod.tables, podIndex, this.#host.clock);
    announce(pod.tables, inside);
    return inside;
  }

  /** What needs the addresses alone, until they are safe. */
  async #configureMachine(
    request: AttachmentRequest<BridgeConfig>,
    bridge: number,
    planning: Promise<Plan>,
  ): Promise<void> {
    const { result, bridgeAddresses, settled } = await planning;
    await runAll([
      () => ensureBridgeAddresses(this.#host, bridge, request.config, bridgeAddresses),
      () => this.#pods.masquerade(request, result),
      () => settled,
    ]);
  }

  /** What pods advertise is not for the machine. */
  async #ignoreRouters(link: string): Promise<void> {
    this.#host.setSysctl({ [`net/ipv6/conf/${link}/accept_ra`]: 0 });
  }

  /** A port that is up but does not forward yet would lose the pod's first packets. */
  async #untilForwarding({ index, name, state }: Link): Promise<void> {
    // Where the kernel had made up its mind about the port before, its flags tell.
    if (state !== 'unknown' && this.#host.tables.linkFlags(index, name)?.running === true) return;
    for (const pause of portPauses) {
      if (pause > 0) await this.#host.clock.sleep(pause);
      if ((await this.#host.tables.link(index))?.state === 'up') return;
    }
    throw new CniError(cniErrorCode.internal, `the bridge's port '${name}' did not come up`);
  }
}

/** Addresses, and what they need of pod and bridge. Without an IPAM plugin pods are connected, but get no address. */
async function planOf(config: BridgeConfig, ipam: Delegate | undefined): Promise<Plan> {
  const { result, settled } = (await ipam?.addEarly()) ?? { result: {}, settled: Promise.resolve() };
  return { ...planGateways(config, result, podPosition), settled };
}

function ipamOf(request: CniRequest<BridgeConfig>): Delegate | undefined {
  const type = request.config.ipam?.type;
  return type === undefined || type === '' ? undefined : request.delegate(type);
}

/** The hardware address that somebody wants the pod to have. */
function wishedMac({ config, arguments: values }: AttachmentRequest<BridgeConfig>): Pick<VethSpec, 'mac'> {
  const fromArgs = config.args?.cni?.['mac'];
  const mac =
    config.runtimeConfig?.mac ?? (typeof fromArgs === 'string' ? fromArgs : (values.get('MAC') ?? config.mac));
  if (mac === undefined) return {};
  attempt('mac', () => parseMac(mac));
  return { mac };
}

/** @throws CniError 2 for what is not supported, 7 for what does not go together. */
function checkFields({ macspoofchk, hairpinMode, promiscMode, disableContainerInterface, ipam }: BridgeConfig): void {
  if (macspoofchk) throw unsupportedField('macspoofchk', 'leave it out: frames with a forged source are not filtered');
  if (hairpinMode && promiscMode) throw CniError.invalidConfig('hairpinMode', 'and promiscMode exclude each other');
  if (disableContainerInterface && (ipam?.type ?? '') !== '') {
    throw CniError.invalidConfig('disableContainerInterface', 'leaves no interface for the addresses of ipam');
  }
}
