import { CniError } from '@kubewright/cni-sdk';
import type { CniRequest, NetworkConfig } from '@kubewright/cni-sdk';
import type { Clock } from '@kubewright/core';
import { defaultRoutes, familyOf } from '../config/families.js';
import { readOverlayConfig } from '../overlay/overlay-config.js';
import { HostLocalPlugin } from './host-local-plugin.js';
import { hostLocalSettings } from './ipam-config.js';
import type { HostLocalSettings } from './ipam-config.js';

const waiting = 'the cluster has not given this machine a pod network yet';

/**
 * Gives out addresses of the networks that the cluster gave this machine (`spec.podCIDRs` of its Node), so that every address
 * is unique in the cluster. The overlay's controller writes them down; until it has, STATUS says that the network
 * is not available, and pods are told to come again. Leases
 * are kept as those of host-local.
 */
export class ClusterLocalPlugin extends HostLocalPlugin {
  override readonly type = 'cluster-local';
  readonly #podNetworkFile: string;

  /** @param podNetworkFile - what the controller writes. */
  constructor(podNetworkFile: string, clock?: Clock) {
    super(clock);
    this.#podNetworkFile = podNetworkFile;
  }

  override async status(request: CniRequest<NetworkConfig>): Promise<void> {
    if (readOverlayConfig(this.#podNetworkFile) === undefined) throw CniError.notAvailable(waiting);
    await super.status(request);
  }

  protected override settings(config: NetworkConfig): Promise<HostLocalSettings> {
    const network = readOverlayConfig(this.#podNetworkFile);
    if (network === undefined) {
      return Promise.reject(CniError.tryAgainLater(waiting));
    }
    const { podNetworks, mtu } = network;
    const ipam = {
      ...config.ipam,
      ranges: podNetworks.map((subnet) => [{ subnet }]),
      // Packets that fit the tunnel; where a configuration has routes of its own, those stand.
      routes: config.ipam?.['routes'] ?? podNetworks.map((one) => ({ dst: defaultRoutes[familyOf(one)], mtu })),
    };
    return Promise.resolve(hostLocalSettings({ ...config, ipam }));
  }
}
