import type { CniPlugin } from '@kubewright/cni-sdk';
import { BandwidthPlugin } from '../bandwidth/bandwidth-plugin.js';
import { BridgePlugin } from '../bridge/bridge-plugin.js';
import { FirewallPlugin } from '../firewall/firewall-plugin.js';
import type { HostNetwork } from '../host/host-network.js';
import { ClusterLocalPlugin } from '../ipam/cluster-local-plugin.js';
import { HostLocalPlugin } from '../ipam/host-local-plugin.js';
import { StaticPlugin } from '../ipam/static-plugin.js';
import { LoopbackPlugin } from '../loopback/loopback-plugin.js';
import { PortMapPlugin } from '../portmap/portmap-plugin.js';
import { PtpPlugin } from '../ptp/ptp-plugin.js';
import { TuningPlugin } from '../tuning/tuning-plugin.js';

/** All plugins of this package, on one machine's network. */
export function networkPlugins(host: HostNetwork): CniPlugin[] {
  return [
    new BandwidthPlugin(host),
    new BridgePlugin(host),
    new ClusterLocalPlugin(host.podNetworkFile, host.clock),
    new FirewallPlugin(host),
    new HostLocalPlugin(host.clock),
    new LoopbackPlugin(),
    new PortMapPlugin(host),
    new PtpPlugin(host),
    new StaticPlugin(host),
    new TuningPlugin(host),
  ];
}
