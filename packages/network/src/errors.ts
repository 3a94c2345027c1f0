/**
 * The network plugins. What a plugin answers to a runtime is a `CniError`; here are the errors of what runs beside the plugins:
 * the daemon, the installer and the overlay.
 */
import { defineErrors } from '@kubewright/core';

export const networkErrors = defineErrors('NETWORK', {
  INVALID_LIST: (d: { file: string; problem: string }) => `the network list '${d.file}' cannot be used: ${d.problem}`,
  DAEMON_AWAY: (d: { socket: string }) =>
    `no daemon answers at '${d.socket}': start 'kubewright cni serve' first, or the runtime would call plugins that cannot serve`,
  NO_POD_NETWORK: (d: { node: string }) =>
    `the node '${d.node}' has no pod network yet: something must set its spec.podCIDRs, as a controller manager with allocateNodeCidrs does`,
  NO_NODE_ADDRESS: (d: { node: string; family: number }) =>
    `the node '${d.node}' has no internal IPv${d.family} address: set one in its status, or choose the device of the overlay`,
  INVALID_POD_NETWORK: (d: { node: string; network: string }) =>
    `the pod network '${d.network}' of the node '${d.node}' is no network: correct its spec.podCIDRs; until then pods do not reach that node's`,
  NO_DEVICE: (d: { address: string }) =>
    `no link of this machine has the address ${d.address}: the overlay cannot tell its device and MTU`,
});
