import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProfileOptions } from '@kubewright/cni-sanity';
import { CniDaemon, installPlugins } from '@kubewright/cni-sdk';
import { NetworkNamespace, removeNetworkNamespace } from '@kubewright/linux';
import { HostNetwork, networkPlugins, writeOverlayConfig } from '@kubewright/network';

/** One run of the checks on a plugin. */
interface OurRun {
  readonly label: string;
  readonly type: string;
  readonly profile: Omit<ProfileOptions, 'plugin' | 'cniPath'>;
}

/** Plugins behind their shims, on a machine of their own. */
interface ServedPlugins extends AsyncDisposable {
  /** Path of the executable that was asked for. */
  readonly plugin: string;
  readonly binDirectory: string;
  readonly hostNamespace: string;
}

/** `static` hands out what its configuration says, and keeps nothing that could be checked beyond its contract suite. */
const left = ['static'];

/** What the checks cannot know of a plugin by its name. */
const profiles: Readonly<Record<string, OurRun['profile']>> = {
  'cluster-local': { kind: 'ipam', config: { ipam: { type: 'cluster-local', dataDir: '{dir}/leases' } } },
};

/** All our plugins as `networkPlugins` lists them, and the bridge with our address manager in place of the recording one. */
function ourRuns(): OurRun[] {
  const types = networkPlugins(new HostNetwork()).map(({ type }) => type);
  return [
    ...types
      .filter((type) => !left.includes(type))
      .map((type) => ({ label: type, type, profile: profiles[type] ?? {} })),
    { label: 'bridge with host-local', type: 'bridge', profile: { ipam: 'host-local' } },
  ];
}

async function start(type: string): Promise<ServedPlugins> {
  const directory = mkdtempSync(join(tmpdir(), 'cni-suite-'));
  const machine = NetworkNamespace.create(join(directory, 'machine'));
  const host = new HostNetwork({ namespace: machine.path, stateDirectory: join(directory, 'state') });
  const plugins = networkPlugins(host);
  // As the overlay's controller does once the cluster has decided.
  writeOverlayConfig(host.podNetworkFile, { podNetworks: ['10.213.16.0/24'], mtu: 1450 });
  const socketPath = join(directory, 'cni.sock');
  const binDirectory = join(directory, 'bin');
  const daemon = new CniDaemon({ plugins, socketPath });
  await daemon.start();
  await installPlugins({ plugins, binDirectory, socketPath });
  return {
    plugin: join(binDirectory, type),
    binDirectory,
    hostNamespace: machine.path,
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await host.close();
      machine.close();
      await removeNetworkNamespace(machine.path);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export const serveOurs = { runs: ourRuns(), start };
