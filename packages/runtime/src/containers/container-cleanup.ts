import { join } from 'node:path';
import type { Clock, Logger } from '@kubewright/core';
import { hasCode } from '@kubewright/core';
import type { Cgroup } from '@kubewright/linux';
import type { Snapshotter } from '../layers/snapshotter.js';
import type { Conmon } from '../monitor/conmon.js';
import type { OciRuntime } from '../oci/oci-runtime.js';
import type { DeferredRemoval } from '../state/deferred-removal.js';
import type { ContainerMounts } from './container-mounts.js';
import type { Container } from './container-record.js';

/** How long processes may take to die of KILL before others are left to deal with them, and between two looks, in milliseconds. */
const killTime = 1_000;
const lookAgain = 10;

/** What of a control group is needed here. */
export type ContainerGroup = Pick<Cgroup, 'events' | 'kill' | 'processes' | 'remove' | 'setLimits'>;

export interface ContainerCleanupOptions {
  readonly snapshotter: Snapshotter;
  readonly mounts: ContainerMounts;
  readonly monitor: Conmon;
  /** @throws where there is none any more. */
  readonly runtime: (container: Container) => OciRuntime;
  /** The control group of a container. */
  readonly group: (container: Container) => ContainerGroup;
  /** Where bundles are. */
  readonly bundles: string;
  /** Where they go, on the same file system. */
  readonly removal: DeferredRemoval;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a container has on the machine. One part of it goes when it ends, the rest when it is removed. */
export class ContainerCleanup {
  readonly #options: ContainerCleanupOptions;
  /** By id, whether nothing is left that the OCI runtime would have to remove. */
  readonly #clearing = new Map<string, Promise<boolean>>();

  constructor(options: ContainerCleanupOptions) {
    this.#options = options;
  }

  /** Why a container failed; to be asked before `clear`. */
  async reason(container: Container): Promise<string> {
    const group = this.#options.group(container);
    const counted = await group.events().catch(() => undefined);
    return (counted?.outOfMemoryKills ?? 0) > 0 ? 'OOMKilled' : 'Error';
  }

  /** Ends all processes of a container. Those that do not die of it within a second are left to the OCI runtime. */
  async kill(container: Container): Promise<void> {
    const { group, clock, logger } = this.#options;
    try {
      const processes = group(container);
      for (let waited = 0; waited < killTime && (await processes.kill()) > 0; waited += lookAgain)
        await clock.sleep(lookAgain);
    } catch (error) {
      logger.warn('processes of a container were not killed by their group', { id: container.id, error });
    }
  }

  /** Begins with the first part, of a container that has ended. `remove` waits for it. */
  clear(container: Container): void {
    const { id } = container;
    const cleared = this.#clear(container).then(
      () => true,
      (error: unknown) => {
        this.#options.logger.warn('what a container left stays until it is removed', { id, error });
        return false;
      },
    );
    this.#clearing.set(id, cleared);
  }

  /** Removes the rest of a container that does not run. */
  async remove(container: Container): Promise<void> {
    const { snapshotter, mounts, monitor, bundles, removal } = this.#options;
    const { id, phase, config } = container;
    const wasStarted = phase !== 'creating' && phase !== 'created';
    if (wasStarted && (await this.#clearing.get(id)) !== true) await this.#options.runtime(container).delete(id);
    await Promise.all([
      config.mounts.length > 0 ? mounts.remove(id) : undefined,
      snapshotter.remove(id),
      removal.put(join(bundles, id)),
      monitor.forget(id),
    ]);
    this.#clearing.delete(id);
  }

  async #clear(container: Container): Promise<void> {
    const { id, config } = container;
    // Where it shared the processes of its pod or of the machine, what it started did not end with it.
    await this.kill(container);
    const runtime = this.#options.runtime(container);
    // What came with devices may be programs that the OCI runtime has to run now.
    if (config.CDIDevices.length === 0 && (await this.#forget(container, runtime))) return;
    await runtime.delete(id);
  }

  /** Does without a program what that would do. Groups below the container's own are left to the program. */
  async #forget(container: Container, runtime: OciRuntime): Promise<boolean> {
    if (runtime.forget === undefined) return false;
    try {
      await this.#options.group(container).remove();
    } catch (error) {
      if (!hasCode(error, 'EBUSY', 'ENOTEMPTY')) throw error;
      return false;
    }
    return runtime.forget(container.id);
  }
}
