/** One process that serves all plugins of this package to their shims. */
import type { CniJson } from '@kubewright/cni-sdk';
import { addressFamily, parsePrefix } from '@kubewright/linux';
import { defaultRoutes } from '../config/families.js';

/** Where a runtime looks for things, and where our daemon listens. */
export const defaultPaths = {
  socket: '/run/kubewright/cni/daemon.sock',
  binDirectory: '/opt/cni/bin',
  configDirectory: '/etc/cni/net.d',
  configFile: '10-kubewright.conflist',
} as const;

/**
 * The network list that is installed where none is given: a bridge with masquerading, addresses of the machine's own ranges,
 * host ports, and limits of bandwidth where the runtime asks for them. Pure.
 *
 * @param subnets - one per address family, as `10.85.0.0/24`.
 */
export function defaultNetwork(subnets: readonly string[]): CniJson {
  const families = subnets.map((subnet) => addressFamily(parsePrefix(subnet).address));
  return networkList(true, {
    type: 'host-local',
    ranges: subnets.map((subnet) => [{ subnet }]),
    routes: families.map((family) => ({ dst: defaultRoutes[family] })),
  });
}

/**
 * The network list of a machine that is a node of a cluster: as the default one, but addresses come from the networks that the
 * cluster gave the node, and the overlay does the masquerading, since it knows which addresses are other pods'. Pure.
 */
export function clusterNetwork(): CniJson {
  return networkList(false, { type: 'cluster-local' });
}

function networkList(ipMasq: boolean, ipam: CniJson): CniJson {
  return {
    cniVersion: '1.0.0',
    cniVersions: ['0.4.0', '1.0.0', '1.1.0'],
    name: 'kubewright',
    plugins: [
      { type: 'bridge', bridge: 'kubewright0', isGateway: true, ipMasq, hairpinMode: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
      { type: 'bandwidth', capabilities: { bandwidth: true } },
    ],
  };
}
