/** The portmap plugin: ports of the machine that lead to a pod, chained behind the plugin that connects the pod. */
import { CniError, cniErrorCode, CniPlugin } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniRequest, CniResult, GcRequest } from '@kubewright/cni-sdk';
import { encodeKey, isRefusal } from '@kubewright/linux';
import { attachmentKey } from '../host/attachment-store.js';
import type { AttachmentKey, AttachmentStore } from '../host/attachment-store.js';
import { runAll } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { broken } from '../pod/pod-interface.js';
import { hostInterface } from '../pod/link-index.js';
import { checkSupported, mappedPorts, PortMapConfig } from './port-map-config.js';
import type { MappedPort } from './port-map-config.js';
import { addPorts, deletePorts, portFoundation, portKeys } from './port-rules.js';
import type { PortElements } from './port-rules.js';

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
    const { config, prevResult } = request;
    checkSupported(config);
    if (prevResult === undefined) throw CniError.invalidConfig('prevResult', 'is needed: portmap is chained');
    const elements = elementsOf(config, prevResult);
    if (elements.ports.length === 0) return prevResult;
    const key = attachmentKey(request);
    // What an earlier attachment of this name left behind would lead to nobody.
    if (this.#attachments.get(key) !== undefined) await this.#release(key);
    this.#attachments.put(key, elements);
    try {
      await this.#host.filter.commitInto(portFoundation, ...addPorts(elements));
    } catch (error) {
      await this.#release(key).catch(() => undefined);
      throw isRefusal(error, 'EEXIST') ? taken(elements, error) : error;
    }
    this.#allowLoopback(elements);
    return prevResult;
  }

  override async del(request: AttachmentRequest<PortMapConfig>): Promise<void> {
    await this.#release(attachmentKey(request));
  }

  override async check(request: CheckRequest<PortMapConfig>): Promise<void> {
    const { ports } = elementsOf(request.config, request.prevResult);
    for (const port of ports) {
      const { set, element } = portKeys(port);
      const wanted = encodeKey(set.key, element.key);
      const present = (await this.#host.filter.keys(set)).some((key) => key.equals(wanted));
      if (!present) throw broken(`the host port ${describe(port)} is not mapped`);
    }
  }

  override async gc({ config, validAttachments }: GcRequest<PortMapConfig>): Promise<void> {
    const stale = this.#attachments.stale(config.name, validAttachments);
    await runAll(stale.map((one) => () => this.#release(one)));
  }

  override async status({ config }: CniRequest<PortMapConfig>): Promise<void> {
    checkSupported(config);
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

function elementsOf(config: PortMapConfig, result: CniResult): PortElements {
  const name = hostInterface(result);
  return {
    ports: mappedPorts(config, result),
    sources: config.masqAll ? 'all' : config.snat ? 'back' : 'none',
    ...(name === undefined ? {} : { hostInterface: name }),
  };
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
