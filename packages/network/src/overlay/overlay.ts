import { provide } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { HostNetwork } from '../host/host-network.js';
import type { HostNetworkOptions } from '../host/host-network.js';
import { OverlayController, OverlaySettings } from './overlay-controller.js';
import { VxlanOverlay } from './vxlan-overlay.js';
import type { VxlanOptions } from './vxlan-overlay.js';

export interface OverlayOptions extends HostNetworkOptions, VxlanOptions {
  /** Name of this machine's Node. */
  readonly nodeName: string;
  /** Family of the addresses that tunnels use. Default: 4. */
  readonly family?: 4 | 6;
}

/**
 * The plugins that connect this machine's pods with those of other nodes, for a host that is connected to a cluster:
 *
 * ```ts
 * await new Kubewright().connect(inCluster()).use(overlay({ nodeName: 'worker-1' })).start();
 * ```
 *
 * Tunnels and rules stay when the host stops, so that pods keep their connections while a new version starts.
 */
export function overlay(options: OverlayOptions): PluginLike {
  const { nodeName, family = 4 } = options;
  const host = new HostNetwork(options);
  const value: OverlaySettings = {
    nodeName,
    family,
    overlay: new VxlanOverlay(host, options),
    podNetworkFile: host.podNetworkFile,
  };
  const settings = {
    name: 'vxlan-overlay-settings',
    provides: [provide(OverlaySettings, { value })],
    stop: () => host.close(),
  };
  return [settings, OverlayController];
}
