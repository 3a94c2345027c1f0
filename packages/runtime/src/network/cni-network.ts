import { formatObjectKey } from '@kubewright/api';
import type { Logger } from '@kubewright/core';
import { messageOf } from '@kubewright/core';
import { Rtnetlink, setLink, withNamespace } from '@kubewright/linux';
import { CniRunner, loadNetworks } from '@kubewright/cni-sdk';
import type { Attachment, CniRunnerOptions, NetworkList } from '@kubewright/cni-sdk';
import { runtimeErrors } from '../errors.js';
import { podBandwidth } from './bandwidth.js';
import type { PodBandwidth } from './bandwidth.js';
import { podCapabilities } from './pod-capabilities.js';
import type { PodAttachment, PodNetwork } from './pod-network.js';
import { unheeded } from './unheeded.js';

export interface CniNetworkOptions extends CniRunnerOptions {
  /** Where networks are configured, as `/etc/cni/net.d`: the first file by name counts, as it is when a pod is connected. */
  readonly directory: string;
  /** Told of what pods ask for and no plugin of their network does. */
  readonly logger: Logger;
}

/** The interface that a kubelet takes for the pod's. */
const interfaceName = 'eth0';

/** Connects pods by CNI plugins. */
export class CniNetwork implements PodNetwork {
  readonly name = 'cni';
  readonly #runner: CniRunner;
  readonly #directory: string;
  readonly #logger: Logger;

  constructor({ directory, logger, ...runner }: CniNetworkOptions) {
    this.#logger = logger;
    this.#runner = new CniRunner(runner);
    this.#directory = directory;
  }

  async attach(pod: PodAttachment, signal: AbortSignal): Promise<readonly string[]> {
    const network = await this.#network();
    if (network === undefined) throw runtimeErrors.NO_NETWORK({ directory: this.#directory });
    await withNamespace(pod.netns, async (namespace) => {
      await using tables = Rtnetlink.open({ namespace });
      await tables.run(setLink('lo', { up: true }));
    });
    const attachment = attachmentOf(pod, podBandwidth(pod.config));
    const capabilities = unheeded(network, attachment.capabilityArguments);
    // The pod runs all the same, as with other runtimes; whoever wonders about it finds it here, once for the pod.
    if (capabilities.length > 0) {
      const { name, namespace } = pod.config.metadata ?? {};
      const fields = { network: network.name, capabilities, pod: formatObjectKey({ namespace, name }) };
      this.#logger.warn('a pod asks for what no plugin of its network does', fields);
    }
    const { ips = [] } = await this.#runner.add(network, attachment, signal);
    return ips.map(({ address }) => address.replace(/\/\d+$/, ''));
  }

  async detach(pod: PodAttachment, signal: AbortSignal): Promise<void> {
    const attachment = attachmentOf(pod, bandwidthIfAny(pod));
    const connected = await this.#runner.networksOf(attachment);
    // What a failed connection left is not remembered: then today's network counts.
    const today = connected.length === 0 ? await this.#network() : undefined;
    for (const network of today === undefined ? connected : [today]) {
      await this.#runner.del(network, attachment, signal);
    }
  }

  async problem(signal: AbortSignal): Promise<string | undefined> {
    try {
      const network = await this.#network();
      if (network === undefined) return runtimeErrors.NO_NETWORK({ directory: this.#directory }).message;
      await this.#runner.status(network, signal);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  async #network(): Promise<NetworkList | undefined> {
    const { networks } = await loadNetworks(this.#directory);
    return networks[0];
  }
}

/** A pod that came before limits were looked at may have one that is none, and has to be disconnected all the same. */
function bandwidthIfAny({ config }: PodAttachment): PodBandwidth | undefined {
  try {
    return podBandwidth(config);
  } catch {
    return undefined;
  }
}

function attachmentOf({ id, netns, config }: PodAttachment, bandwidth: PodBandwidth | undefined) {
  const { name = '', namespace = '', uid = '' } = config.metadata ?? {};
  return {
    containerId: id,
    netns,
    ifName: interfaceName,
    arguments: [
      ['IgnoreUnknown', '1'],
      ['K8S_POD_NAMESPACE', namespace],
      ['K8S_POD_NAME', name],
      ['K8S_POD_INFRA_CONTAINER_ID', id],
      ['K8S_POD_UID', uid],
    ],
    capabilityArguments: podCapabilities(config, bandwidth),
  } satisfies Attachment;
}
