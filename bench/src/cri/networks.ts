import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CniDaemon, installPlugins } from '@kubewright/cni-sdk';
import { HostNetwork, networkPlugins } from '@kubewright/network';

/** Where Debian puts the plugins. */
export const goPlugins = '/usr/lib/cni';

/** A configured network: where its list is, and where its plugins are. */
export interface PodNetworkSetup {
  readonly configurations: string;
  readonly plugins: string;
}

/** A bridge with masquerading and host ports. */
export function configureNetwork(directory: string, name: string, subnet: string, plugins: string): PodNetworkSetup {
  const configurations = join(directory, `net.d-${name}`);
  mkdirSync(configurations, { recursive: true });
  const ipam = {
    type: 'host-local',
    dataDir: join(directory, 'leases'),
    ranges: [[{ subnet }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const bridge = { type: 'bridge', bridge: `cni-${name}`, isGateway: true, ipMasq: true, ipam };
  const list = {
    cniVersion: '1.0.0',
    name,
    plugins: [bridge, { type: 'portmap', capabilities: { portMappings: true } }],
  };
  writeFileSync(join(configurations, '10-bench.conflist'), JSON.stringify(list));
  return { configurations, plugins };
}

/** Our plugins: a daemon in this process, and its shims. */
export async function servePlugins(directory: string): Promise<{ readonly plugins: string; close(): Promise<void> }> {
  const host = new HostNetwork({ stateDirectory: join(directory, 'cni-state') });
  const all = networkPlugins(host);
  const socketPath = join(directory, 'cni.sock');
  const daemon = new CniDaemon({ plugins: all, socketPath });
  await daemon.start();
  const plugins = join(directory, 'cni-bin');
  await installPlugins({ plugins: all, binDirectory: plugins, socketPath });
  return {
    plugins,
    close: async () => {
      await daemon.stop();
      await host.close();
    },
  };
}
