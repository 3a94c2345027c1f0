import { join } from 'node:path';
import type { Clock, Logger, Random } from '@kubewright/core';
import type { ContainerEvents } from '@kubewright/cri-sdk';
import { invalidArgument } from '@kubewright/grpc';
import { Cgroup } from '@kubewright/linux';
import type { CgroupLayout } from '@kubewright/linux';
import { CdiDevices } from '../cdi/cdi-devices.js';
import { ownLimits } from '../oci/bundle.js';
import { ContainerManager } from '../containers/container-manager.js';
import { ContainerMounts } from '../containers/container-mounts.js';
import type { Container, StoredContainer } from '../containers/container-record.js';
import { ContainerPreparer } from '../containers/prepare-container.js';
import { containerStatus, nanoseconds, sandboxStatus } from '../cri/status.js';
import { Conmon } from '../monitor/conmon.js';
import type { PodNetwork } from '../network/pod-network.js';
import { cgroupPath } from '../oci/cgroup-path.js';
import type { OciRuntime } from '../oci/oci-runtime.js';
import { SystemPrograms } from '../programs/program-runner.js';
import { PodFiles } from '../sandboxes/pod-files.js';
import { PodNamespaces } from '../sandboxes/pod-namespaces.js';
import { PodPause } from '../sandboxes/pod-pause.js';
import { SandboxManager } from '../sandboxes/sandbox-manager.js';
import type { StoredSandbox } from '../sandboxes/sandbox-record.js';
import { RecordStore } from '../state/record-store.js';
import type { RecordStep } from '../state/record-store.js';
import { DeferredRemoval } from '../state/deferred-removal.js';
import type { ImageParts } from './image-parts.js';
import type { StateDirectories } from './state-directories.js';

/** Pods, their containers, and what is asked about them. */
export interface PodParts {
  readonly sandboxes: SandboxManager;
  readonly containers: ContainerManager;
  readonly namespaces: PodNamespaces;
  readonly monitor: Conmon;
  readonly cgroup: (container: Container) => string;
}

export interface PodPartsOptions {
  /** Where records are. */
  readonly root: string;
  readonly at: StateDirectories;
  readonly images: ImageParts;
  readonly network: PodNetwork;
  /** By handler. */
  readonly runtimes: ReadonlyMap<string, OciRuntime>;
  /** What every program that runs containers is started through. */
  readonly prefix: readonly string[];
  readonly ociTimeout: number;
  readonly layout: CgroupLayout;
  readonly events: ContainerEvents;
  readonly onRecordStep?: ((step: RecordStep) => void) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Takes over what an earlier runtime left. @param closing - gets what has to be closed. */
export async function openPodParts(options: PodPartsOptions, closing: AsyncDisposableStack): Promise<PodParts> {
  const { root, at, images, network, runtimes, prefix, ociTimeout, layout, events, clock, random, logger } = options;
  const { store, snapshotter } = images;
  const { onRecordStep: onStep } = options;
  const stepping = onStep === undefined ? {} : { onStep };
  const namespaces = new PodNamespaces(at.namespaces, new SystemPrograms(clock));
  const files = new PodFiles(at.pods);
  const monitor = new Conmon({ prefix, exits: at.exits, timeout: ociTimeout, clock });
  const pause = new PodPause({ directory: at.pauses, namespaces, monitor, runtimes });
  const sandboxes = new SandboxManager({
    records: new RecordStore<StoredSandbox>({
      directory: join(root, 'sandboxes'),
      kind: 'sandbox',
      logger,
      ...stepping,
    }),
    namespaces,
    pause,
    files,
    network,
    clock,
    random,
    logger,
  });
  const limits = await ownLimits(layout);
  const removal = new DeferredRemoval(at.removed, random);
  await removal.open();
  const cgroup = ({ id, sandboxId }: Container): string => cgroupPath(sandboxes.find(sandboxId)?.config, id);
  const mounts = new ContainerMounts({ directory: at.mounts, images: store, snapshotter, always: prefix.length > 0 });
  const preparer = new ContainerPreparer({
    bundles: at.bundles,
    mounts,
    namespaces,
    files,
    cdi: new CdiDevices({ logger }),
    limits,
    // The process id of a running container is its own as long as the monitor has not collected it.
    processes: (id, sandboxId) => {
      const target = containers.find(id);
      if (target?.phase === 'running' && target.sandboxId === sandboxId) return `/proc/${target.pid}/ns/pid`;
      const field = 'config.linux.security_context.namespace_options.target_id';
      throw invalidArgument({ field, reason: `names no running container of this pod: '${id}'` });
    },
  });
  const containers: ContainerManager = new ContainerManager({
    records: new RecordStore<StoredContainer>({
      directory: join(root, 'containers'),
      kind: 'container',
      logger,
      ...stepping,
    }),
    images: store,
    snapshotter,
    monitor,
    runtimes,
    mounts,
    users: (sandbox) => preparer.users(sandbox),
    prepare: (...args) => preparer.prepare(...args),
    clock,
    random,
    logger,
    bundles: at.bundles,
    exits: at.exits,
    // The process that keeps a pod's shared processes is no container: without it, the pod is no sandbox any more.
    onOtherExit: async (id) => {
      if ((await monitor.exit(id)) !== undefined) await sandboxes.stop(id);
    },
    group: (container) => new Cgroup(layout, cgroup(container)),
    hugePages: limits.hugePages,
    lowestOomScore: limits.lowestOomScore,
    removal,
    onEvent: ({ id, sandboxId }, type) => {
      const sandbox = sandboxes.find(sandboxId);
      // A kubelet takes an event for all that it has to know of the pod.
      const ofPod = containers.list().filter((one) => one.sandboxId === sandboxId);
      events.publish({
        containerId: id,
        containerEventType: type,
        createdAt: nanoseconds(clock.now()),
        containersStatuses: ofPod.map(containerStatus),
        ...(sandbox && { podSandboxStatus: sandboxStatus(sandbox) }),
      });
    },
  });
  closing.defer(() => sandboxes.close());
  await sandboxes.open();
  closing.defer(() => containers.close());
  await containers.open();
  return { sandboxes, containers, namespaces, monitor, cgroup };
}
