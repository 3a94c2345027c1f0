import { CniError, cniErrorCode, CniPlugin } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniRequest, CniResult, GcRequest } from '@kubewright/cni-sdk';
import { inTurns } from '@kubewright/core/async';
import { encodeKey, isRefusal } from '@kubewright/linux';
import type { NftSet } from '@kubewright/linux';
import { checkFailure } from '../host/answers.js';
import { attachmentKey } from '../host/attachment-store.js';
import type { AttachmentKey, AttachmentStore } from '../host/attachment-store.js';
import { both, runAll, runInGroups } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { resolveHostInterface } from '../pod/host-interface.js';
import { checkSupported, mappedPorts, PortMapConfig } from './port-map-config.js';
import type { MappedPort } from './port-map-config.js';
import { addPorts, deletePorts, portElements, portFoundation, portKeys } from './port-rules.js';
import type { PortElements, SetElements } from './port-rules.js';

/** Maps the ports that the runtime hands over as the capability `portMappings`. It works on nftables, without its tool. */
export class PortMapPlugin extends CniPlugin<PortMapConfig> {
  override readonly type = 'portmap';
  override readonly config = PortMapConfig;
  readonly #host: HostNetwork;
  readonly #attachments: AttachmentStore<PortElements>;

  constructor(host: HostNetwork) {
    super();
    this.#host = host;
    this.#attachments = host.attachments(this.type, readElements);
  }

  override async add(request: AttachmentRequest<PortMapConfig>): Promise<CniResult> {
    const { config, prevResult, ifName } = request;
    checkSupported(config);
    if (prevResult === undefined) throw CniError.invalidConfig('prevResult', 'is needed: portmap is chained');
    const ports = mappedPorts(config, prevResult, ifName);
    if (ports.length === 0) return prevResult;
    const hostInterface = await resolveHostInterface(this.#host, prevResult, ports[0]?.address);
    const elements: PortElements = {
      ports,
      sources: config.snat ? (config.masqAll ? 'all' : 'back') : 'none',
      ...(hostInterface === undefined ? {} : { hostInterface }),
    };
    const key = attachmentKey(request);
    // What an earlier attachment of this name left behind would lead to nobody.
    if (this.#attachments.get(key) !== undefined) await this.#release(key);
    this.#attachments.put(key, elements);
    try {
      await this.#map(elements);
    } catch (error) {
      await this.#release(key).catch(() => undefined);
      throw error;
    }
    return prevResult;
  }

  override async del(request: AttachmentRequest<PortMapConfig>): Promise<void> {
    await this.#release(attachmentKey(request));
  }

  override async check(request: CheckRequest<PortMapConfig>): Promise<void> {
    for (const port of mappedPorts(request.config, request.prevResult, request.ifName)) {
      const { set, element } = portKeys(port);
      const wanted = encodeKey(set.key, element.key);
      const present = (await this.#host.filter.keys(set)).some((key) => key.equals(wanted));
      if (!present) throw checkFailure(`the host port ${describe(port)} is not mapped`);
    }
  }

  override async gc({ config, validAttachments }: GcRequest<PortMapConfig>): Promise<void> {
    const stale = await this.#attachments.stale(config.name, validAttachments);
    const released = runInGroups(stale.map((one) => () => this.#release(one)));
    // Afterwards, as what is stale may have the port of a pod that runs.
    const restored = released.catch(() => undefined).then(() => this.#restore(config.name, validAttachments));
    await both(released, restored);
  }

  override async status({ config }: CniRequest<PortMapConfig>): Promise<void> {
    checkSupported(config);
  }

  async #map(elements: PortElements): Promise<void> {
    try {
      await this.#host.filter.commitInto(portFoundation, ...addPorts(elements));
    } catch (error) {
      throw isRefusal(error, 'EEXIST') ? taken(elements, error) : error;
    }
    this.#allowLoopback(elements);
    await this.#forgetFlows(elements);
  }

  /** Maps again what somebody took out of the packet filter. */
  async #restore(network: string, valid: GcRequest<PortMapConfig>['validAttachments']): Promise<void> {
    const kept = await this.#attachments.kept(network, valid);
    const sets = new Set<NftSet>();
    await inTurns(kept, ({ value }) => portElements(value).forEach(([set]) => sets.add(set)));
    const present = new Map<NftSet, Set<string>>();
    for (const set of sets) {
      const keys = await this.#host.filter.keys(set);
      present.set(set, new Set(keys.map((key) => key.toString('latin1'))));
    }
    const isPresent = ([set, list]: SetElements): boolean =>
      list.every(({ key }) => present.get(set)?.has(encodeKey(set.key, key).toString('latin1')) === true);
    const incomplete: PortElements[] = [];
    await inTurns(kept, ({ value }) => {
      if (!portElements(value).every(isPresent)) incomplete.push(value);
    });
    await runInGroups(incomplete.map((one) => () => this.#map(one)));
  }

  /** A flow without connections goes on to where its first packet went, be it to a pod that is gone. */
  async #forgetFlows({ ports }: PortElements): Promise<void> {
    for (const { family, protocol, hostPort: port, hostAddress } of ports) {
      if (protocol !== 'udp') continue;
      const selection = { family, protocol, port, ...(hostAddress === undefined ? {} : { address: hostAddress }) };
      // The port is mapped all the same, for everybody but who keeps the port that he sent from.
      await this.#host.flows.forget(selection).catch(() => undefined);
    }
  }

  async #release(key: AttachmentKey): Promise<void> {
    const elements = this.#attachments.get(key);
    if (elements !== undefined) await runAll(deletePorts(elements).map((changes) => () => this.#forget(changes)));
    this.#attachments.delete(key);
  }

  /** A port that another pod has by now is that pod's. */
  async #forget(changes: ReturnType<typeof deletePorts>[number]): Promise<void> {
    await this.#host.filter.commitDeletion(...changes).catch((error: unknown) => {
      if (!isRefusal(error, 'EEXIST')) throw error;
    });
  }

  /** Packets from the loopback address may leave by the interface towards the pod. */
  #allowLoopback({ hostInterface: name, sources, ports }: PortElements): void {
    if (name === undefined || sources === 'none' || !ports.some(({ family }) => family === 4)) return;
    this.#host.setSysctl({ [`net/ipv4/conf/${name}/route_localnet`]: 1 });
  }
}

function taken({ ports }: PortElements, cause: unknown): CniError {
  const summary = `a host port of ${ports.map(describe).join(', ')} leads to another pod`;
  return new CniError(cniErrorCode.internal, summary, 'choose another, or release that pod', { cause });
}

function describe({ protocol, hostPort, hostAddress }: MappedPort): string {
  return `${hostAddress === undefined ? '' : `${hostAddress} `}${protocol}/${hostPort}`;
}

/** It was written by this plugin, whole or not at all; a damaged file names no ports. */
function readElements(value: unknown): PortElements {
  const { ports, sources, hostInterface: name } = (value ?? {}) as Partial<PortElements>;
  return {
    ports: Array.isArray(ports) ? ports : [],
    sources: sources === 'all' || sources === 'none' ? sources : 'back',
    ...(typeof name === 'string' ? { hostInterface: name } : {}),
  };
}
