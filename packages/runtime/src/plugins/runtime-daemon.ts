/**
 * The runtime as plugins of a host. Neighbours: `layers`, `oci` and `network` declare the extension points whose contributions
 * the daemon works with; `runtime.ts` puts it together.
 */
import { Clock, Logger, Plugin, Random, inject, multiInject } from '@kubewright/core';
import type { Lifecycle } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import { Snapshotter } from '../layers/snapshotter.js';
import { PodNetwork } from '../network/pod-network.js';
import { OciRuntime } from '../oci/oci-runtime.js';
import { ContainerRuntime } from '../runtime.js';
import { RuntimeSettings } from './runtime-settings.js';

/**
 * Serves the runtime from start to stop of its host. Pods choose among the contributed OCI runtimes by handler, the first
 * being the default; of snapshotters and networks the settings name one, otherwise it is the first.
 */
@Plugin({ name: 'container-runtime' })
export class RuntimeDaemon implements Lifecycle {
  #runtime: ContainerRuntime | undefined;

  constructor(
    @inject(RuntimeSettings) private readonly settings: RuntimeSettings,
    @multiInject(Snapshotter) private readonly snapshotters: readonly Snapshotter[],
    @multiInject(OciRuntime) private readonly ociRuntimes: readonly OciRuntime[],
    @multiInject(PodNetwork) private readonly networks: readonly PodNetwork[],
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) private readonly random: Random,
    @inject(Logger) private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const { settings, ociRuntimes, clock, random, logger } = this;
    this.#runtime = await ContainerRuntime.start({
      ...settings,
      snapshotter: chosen('snapshotter', settings.snapshotter, this.snapshotters),
      network: chosen('network', settings.network, this.networks),
      ociRuntimes,
      clock,
      random,
      logger,
    });
  }

  async stop(): Promise<void> {
    await this.#runtime?.stop();
  }
}

function chosen<T extends { readonly name: string }>(kind: string, name: string | undefined, all: readonly T[]): T {
  const found = name === undefined ? all[0] : all.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw runtimeErrors.PART_UNKNOWN({ kind, name: name ?? '', known: all.map((one) => one.name) });
}
