/**
 * CNI plugins for pods of one machine, and an overlay across machines.
 *
 * @packageDocumentation
 */

// Serving and installing the plugins
export { NetworkDaemon } from './daemon/network-daemon.js';
export type { NetworkDaemonOptions } from './daemon/network-daemon.js';
export { clusterNetwork, defaultNetwork, defaultPaths } from './daemon/default-network.js';
export { networkPlugins } from './daemon/network-plugins.js';
export { HostNetwork } from './host/host-network.js';
export type { HostNetworkOptions } from './host/host-network.js';

// The plugins, to be used alone or extended
export { BandwidthConfig, BandwidthPlugin } from './bandwidth/bandwidth-plugin.js';
export { BridgeConfig } from './bridge/bridge-config.js';
export type { VlanTrunk } from './bridge/bridge-config.js';
export { BridgePlugin } from './bridge/bridge-plugin.js';
export { FirewallConfig, FirewallPlugin } from './firewall/firewall-plugin.js';
export { HostLocalPlugin } from './ipam/host-local-plugin.js';
export type { HostLocalSettings } from './ipam/ipam-config.js';
export type { AddressRange, RangeConfig } from './ipam/range.js';
export { StaticPlugin } from './ipam/static-plugin.js';
export { LoopbackPlugin } from './loopback/loopback-plugin.js';
export { PortMapConfig } from './portmap/port-map-config.js';
export { PortMapPlugin } from './portmap/portmap-plugin.js';
export { PairConfig } from './pod/pair-config.js';
export { PtpPlugin } from './ptp/ptp-plugin.js';
export { TuningConfig } from './tuning/tuning-config.js';
export { TuningPlugin } from './tuning/tuning-plugin.js';
export type { TuningOptions } from './tuning/tuning-plugin.js';

// Addresses that the cluster gave out; the overlay itself is in `@kubewright/network/overlay`
export { ClusterLocalPlugin } from './ipam/cluster-local-plugin.js';
export { readOverlayConfig, writeOverlayConfig } from './overlay/overlay-config.js';
export type { OverlayConfig } from './overlay/overlay-config.js';

// For authors of plugins
export { AttachmentStore } from './host/attachment-store.js';
export type { AttachmentKey, StoredAttachment } from './host/attachment-store.js';
export { Masquerade } from './host/masquerade.js';
export { PacketFilter } from './host/packet-filter.js';
export { LeaseDirectory } from './ipam/lease-directory.js';
export type { LeaseOwner, Leases } from './ipam/directory-leases.js';
export type { Written } from './ipam/lease-directory.js';
export { completeRange } from './ipam/range.js';
export { networkErrors } from './errors.js';
