/**
 * Linux system calls for network, runtime and storage plugins.
 *
 * @packageDocumentation
 */

// Network namespaces and kernel parameters
export { NetworkNamespace, removeNetworkNamespace, withNamespace } from './namespaces/network-namespace.js';
export type { Synchronous } from './namespaces/enter.js';
export { readSysctl, sysctlPath, updateSysctl, writeSysctl } from './sysctl/sysctl.js';
export type { SysctlOptions } from './sysctl/sysctl.js';

// Links, addresses, routes, neighbours, queues
export { Rtnetlink } from './rtnetlink/rtnetlink.js';
export type { LinkFlags } from './rtnetlink/link-flags.js';
export { linkExists } from './rtnetlink/link-exists.js';
export { LinkReaper } from './rtnetlink/link-reaper.js';
export type { LinkTables } from './rtnetlink/link-reaper.js';
export {
  addAlternativeNames,
  deleteAlternativeNames,
  deleteLink,
  deleteLinkGroup,
  newLink,
  renameLink,
  setLink,
} from './rtnetlink/link.js';
export type { Link, LinkReference, LinkSpec, LinkStatistics } from './rtnetlink/link.js';
export type { LinkChanges, LinkIdentity, LinkSettings } from './rtnetlink/link-settings.js';
export type { BridgeSettings, LinkKind, VxlanSettings } from './rtnetlink/link-kind.js';
export { addBridgeVlans, deleteBridgeVlans, setBridge, setBridgePort } from './rtnetlink/bridge.js';
export type { BridgePortSettings, BridgePortVlans, BridgeVlan } from './rtnetlink/bridge.js';
export { addAddress, deleteAddress, replaceAddress } from './rtnetlink/address.js';
export type { AddressSpec, InterfaceAddress } from './rtnetlink/address.js';
export { addRoute, deleteRoute, replaceRoute, routeTable } from './rtnetlink/route.js';
export type { Route, RouteSpec } from './rtnetlink/route.js';
export { addRule, deleteRule } from './rtnetlink/rule.js';
export type { RuleSpec } from './rtnetlink/rule.js';
export {
  appendForwarding,
  deleteForwarding,
  deleteNeighbour,
  setForwarding,
  setNeighbour,
} from './rtnetlink/neighbour.js';
export type { ForwardingEntry, ForwardingSpec, Neighbour, NeighbourSpec } from './rtnetlink/neighbour.js';
export { limitRate, redirectIngress, removeRateLimit } from './rtnetlink/queue.js';
export type { RateLimit } from './rtnetlink/queue.js';
export { isRefusal, refusal } from './netlink/message.js';
export type { Acknowledgement, NetlinkRequest } from './netlink/message.js';

// Packet filter
export { Nftables } from './nftables/nftables.js';
export type { NftListedRule } from './nftables/nftables.js';
export {
  addChain,
  addElements,
  addNftRule,
  addSet,
  addTable,
  deleteChain,
  deleteElements,
  deleteNftRule,
  deleteSet,
  deleteTable,
  flushChain,
  flushSet,
} from './nftables/changes.js';
export type { NftChain, NftElement, NftRule, NftSet, NftTable } from './nftables/changes.js';
export { action, match } from './nftables/expressions.js';
export type { Expression, NftMatchOptions, NftVerdict, PacketField } from './nftables/expressions.js';
export { encodeKey } from './nftables/values.js';
export type { Value, ValueType } from './nftables/values.js';

// Flows that the kernel remembers
export { ConnectionTracking } from './conntrack/connection-tracking.js';
export type { FlowSelection } from './conntrack/connection-tracking.js';

// Addresses as text and bytes
export {
  addressFamily,
  formatAddress,
  formatMac,
  networkOf,
  parseAddress,
  parseMac,
  parsePrefix,
  prefixContains,
} from './ip/address.js';
export type { Prefix } from './ip/address.js';

// Mounts
export { bindMount, mount, moveMount, remount, setPropagation, unmount } from './mounts/mount.js';
export type { MountOption, MountSpec, Propagation } from './mounts/mount.js';
export { cloneMount } from './mounts/clone-mount.js';
export type { MountClone } from './mounts/clone-mount.js';
export { mountOf, parseMountInfo, readMounts } from './mounts/mount-info.js';
export type { MountInfo } from './mounts/mount-info.js';

// Control groups
export { Cgroup } from './cgroups/cgroup.js';
export type { CgroupEvents } from './cgroups/cgroup.js';
export { cgroupLayout, detectCgroups, processCgroups } from './cgroups/layout.js';
export type { CgroupLayout } from './cgroups/layout.js';
export type { CgroupLimits } from './cgroups/limits.js';

// Programs
export { spawnProcess } from './processes/spawn-process.js';
export type { SpawnOptions, SpawnedProcess } from './processes/spawn-process.js';

// Terminals, and sockets of packets
export { PseudoTerminal } from './streams/pseudo-terminal.js';
export { connectPackets } from './streams/packet-socket.js';

// Files
export { FileLock } from './files/flock.js';
export type { FileLockOptions } from './files/flock.js';
export { syncDirectory, writeFileDurably } from './files/durable.js';
export { joinInside, resolveInside } from './files/paths.js';
export { makeDirectoryInside, openInside, pathInside, readFileInside } from './files/inside.js';
export type { DirectoryInside } from './files/inside.js';
export { rootedPath } from './files/rooted-path.js';
export { getExtendedAttribute, makeNode, setExtendedAttribute, setFileTime } from './files/special.js';
export type { DeviceNode, FilePath, FileTime } from './files/special.js';

// Long lists of work

// Errors
export { linuxErrors } from './errors.js';
export { errnoName } from './ffi/errno.js';
