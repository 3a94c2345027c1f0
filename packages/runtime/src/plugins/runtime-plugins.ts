import { join } from 'node:path';
import { Logger, SystemClock, SystemRandom, contribute, inject, provide } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { ProcessExecutor } from '@kubewright/cni-sdk';
import { Snapshotter } from '../layers/snapshotter.js';
import { CniNetwork } from '../network/cni-network.js';
import { PodNetwork } from '../network/pod-network.js';
import { HostPrograms } from '../programs/host-programs.js';
import { OciRuntime } from '../oci/oci-runtime.js';
import { defaultOciRuntime, defaultSnapshotter } from '../assembly/default-parts.js';
import { RuntimeDaemon } from './runtime-daemon.js';
import { RuntimeSettings } from './runtime-settings.js';

export interface RuntimePluginsOptions extends RuntimeSettings {
  /** The OCI runtime of pods that name no handler. Default: crun. */
  readonly program?: string;
  /** Where CNI networks are configured. Default: /etc/cni/net.d. */
  readonly networks?: string;
  /** Where CNI plugins are. Default: /opt/cni/bin. */
  readonly cniPlugins?: readonly string[];
}

/**
 * The runtime with what it comes with, for a host: overlayfs, an OCI runtime and CNI, each a plugin of its own that another
 * can take the place of (`use(mine, { replaces: 'overlayfs' })`), and the daemon.
 *
 * @throws MISSING_PROGRAM
 */
export async function runtimePlugins(options: RuntimePluginsOptions): Promise<PluginLike> {
  const { program = 'crun', networks = '/etc/cni/net.d', cniPlugins = ['/opt/cni/bin'], ...settings } = options;
  const { root, state } = settings;
  const [clock, random] = [new SystemClock(), new SystemRandom()];
  const programs = new HostPrograms({ root, state, clock });
  const ociRuntime = await defaultOciRuntime({ program, state, programs });
  class StockNetwork extends CniNetwork {
    constructor(@inject(Logger) logger: Logger) {
      const cacheDirectory = join(root, 'cni');
      super({ directory: networks, path: cniPlugins, cacheDirectory, executor: new ProcessExecutor(), logger });
    }
  }
  const snapshotter = defaultSnapshotter({ root, random, clock, programs });
  return [
    { name: 'runtime-settings', provides: [provide(RuntimeSettings, { value: settings })] },
    { name: snapshotter.name, contributes: [contribute(Snapshotter, { value: snapshotter })] },
    { name: ociRuntime.name, contributes: [contribute(OciRuntime, { value: ociRuntime })] },
    { name: 'cni', contributes: [contribute(PodNetwork, { class: StockNetwork })] },
    RuntimeDaemon,
  ];
}
