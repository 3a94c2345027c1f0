/** The runtime put together: what a node agent or the command line starts. Neighbours: everything here is made elsewhere. */
import { mkdir, rm } from 'node:fs/promises';
import { release } from 'node:os';
import { basename, join } from 'node:path';
import { silentLogger } from '@kubewright/core';
import type { Clock, Logger, Random } from '@kubewright/core';
import { ContainerEvents, StreamingServer, criServer } from '@kubewright/cri-sdk';
import { ContainerEventType } from '@kubewright/cri-sdk/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { GrpcServer } from '@kubewright/grpc';
import { Cgroup, detectCgroups } from '@kubewright/linux';
import type { FileLock } from '@kubewright/linux';
import { ImageArchives } from './archives/image-archives.js';
import { attachContainer } from './containers/attach-container.js';
import { ownLimits } from './containers/bundle.js';
import { ContainerExec } from './containers/container-exec.js';
import { ContainerManager } from './containers/container-manager.js';
import { ContainerMounts } from './containers/container-mounts.js';
import type { Container, StoredContainer } from './containers/container-record.js';
import { ContainerPreparer } from './containers/prepare-container.js';
import { CdiDevices } from './cdi/cdi-devices.js';
import { ContentStore } from './content/content-store.js';
import { ControlServer } from './control/control-server.js';
import { CriImages } from './cri/cri-images.js';
import { CriRuntime } from './cri/cri-runtime.js';
import { containerStatus, nanoseconds, sandboxStatus } from './cri/status.js';
import { ImagePuller } from './images/image-puller.js';
import { ImageStore } from './images/image-store.js';
import { OverlaySnapshotter } from './layers/overlay-snapshotter.js';
import type { Snapshotter } from './layers/snapshotter.js';
import { Conmon } from './monitor/conmon.js';
import { LoopbackNetwork } from './network/loopback-network.js';
import type { PodNetwork } from './network/pod-network.js';
import { cgroupPath } from './oci/cgroup-path.js';
import { HostPrograms } from './oci/hidden-unified.js';
import { kernelFeatures } from './oci/kernel-features.js';
import { CliOciRuntime } from './oci/oci-runtime.js';
import type { OciRuntime } from './oci/oci-runtime.js';
import { findPrograms } from './programs/find-programs.js';
import { SystemPrograms } from './programs/program-runner.js';
import type { ProgramRunner } from './programs/program-runner.js';
import type { MirrorTable } from './registry/endpoints.js';
import { RegistryClient } from './registry/registry-client.js';
import { PodFiles, usesHostNetwork } from './sandboxes/pod-files.js';
import { PodNamespaces } from './sandboxes/pod-namespaces.js';
import { PodPause } from './sandboxes/pod-pause.js';
import { forwardPort } from './sandboxes/port-forward.js';
import { SandboxManager } from './sandboxes/sandbox-manager.js';
import type { StoredSandbox } from './sandboxes/sandbox-record.js';
import { RecordStore } from './state/record-store.js';
import { UsageReports } from './usage/usage-reports.js';
import type { RecordStep } from './state/record-store.js';
import { lockRoot } from './state/root-lock.js';

export interface ContainerRuntimeOptions {
  /** The socket to serve, as `unix:///run/kubewright/cri.sock`. */
  readonly address: string;
  /** Images and records; survives a reboot. Default: /var/lib/kubewright/runtime. */
  readonly root?: string;
  /** Namespaces, bundles and other things that end with a reboot. Default: /run/kubewright/runtime. */
  readonly state?: string;
  /** The socket for what CRI has no words for, alone in its directory. Default: `control/control.sock` below `state`. */
  readonly control?: string;
  /** The OCI runtime of pods that name no handler: a program with the command line of runc. Default: crun. */
  readonly program?: string;
  readonly mirrors?: MirrorTable;
  /** Default: loopback only, until a network is configured. */
  readonly network?: PodNetwork;
  /** Default: overlayfs below `root`. */
  readonly snapshotter?: Snapshotter;
  /** By the handlers that pods name; those that name none get the first. Default: `program`. */
  readonly ociRuntimes?: readonly OciRuntime[];
  /** How long a call of the OCI runtime may take until it is killed, in milliseconds. Default: 30,000. */
  readonly ociTimeout?: number;
  /** Told right before and after a record is on disk: where tests of recovery end the process. */
  readonly onRecordStep?: (step: RecordStep) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
}

const version = '0.1.0';
const defaultRoot = '/var/lib/kubewright/runtime';
/** Layers as directories under the runtime's root. */
export function defaultSnapshotter(options: {
  readonly root: string;
  readonly random: Random;
  readonly clock: Clock;
  readonly programs: ProgramRunner;
}): OverlaySnapshotter {
  return new OverlaySnapshotter({ ...options, directory: join(options.root, 'o') });
}

/** An OCI runtime named after its program. @throws MISSING_PROGRAM */
export async function defaultOciRuntime(options: {
  readonly program: string;
  readonly state: string;
  readonly programs: ProgramRunner;
  readonly ociTimeout?: number;
}): Promise<CliOciRuntime> {
  const { program, state, programs, ociTimeout = 30_000 } = options;
  const [path = program] = await findPrograms(process.env['PATH'] ?? '', [program]);
  return new CliOciRuntime({
    name: basename(program),
    program: path,
    root: join(state, 'oci'),
    programs,
    timeout: ociTimeout,
  });
}

/** A running container runtime. */
export class ContainerRuntime implements AsyncDisposable {
  readonly #server: GrpcServer;
  readonly #stop: () => Promise<void>;

  private constructor(server: GrpcServer, stop: () => Promise<void>) {
    this.#server = server;
    this.#stop = stop;
  }

  get address(): string {
    return this.#server.address;
  }

  /** Stops serving. Containers run on, and the next runtime with the same directories takes them over. */
  async stop(): Promise<void> {
    await this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Takes over what an earlier runtime left, and serves. Needs root.
   *
   * @throws MISSING_PROGRAM that names what to install; errors of the socket.
   */
  static async start(options: ContainerRuntimeOptions): Promise<ContainerRuntime> {
    const lock = await lockRoot(options.root ?? defaultRoot, options.clock);
    try {
      return await ContainerRuntime.#start(options, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  static async #start(options: ContainerRuntimeOptions, lock: FileLock): Promise<ContainerRuntime> {
    const { clock, random, logger = silentLogger, mirrors = {}, program = 'crun', ociTimeout = 30_000 } = options;
    const { root = defaultRoot, state = '/run/kubewright/runtime', network = new LoopbackNetwork() } = options;
    const system = new SystemPrograms(clock);
    const path = process.env['PATH'] ?? '';
    await findPrograms(path, ['conmon', 'unshare', 'nsenter', 'hostname', 'tee', 'sync']);
    const at = {
      bundles: join(state, 'bundles'),
      exits: join(state, 'exits'),
      exec: join(state, 'exec'),
      pods: join(state, 'pods'),
      pauses: join(state, 'pauses'),
      mounts: join(state, 'mounts'),
    };
    // What commands kept while they ran is of no use to anybody after them.
    await rm(at.exec, { recursive: true, force: true });
    for (const directory of [root, state, ...Object.values(at)])
      await mkdir(directory, { recursive: true, mode: 0o711 });

    const programs = new HostPrograms({ root, state, clock });
    const prefix = await programs.prefix();
    const ociRuntimes = options.ociRuntimes ?? [await defaultOciRuntime({ program, state, programs, ociTimeout })];
    // Pods without a handler have the empty one.
    const runtimes = new Map([
      ...ociRuntimes.slice(0, 1).map((one) => ['', one] as const),
      ...ociRuntimes.map((one) => [one.name, one] as const),
    ]);
    const content = new ContentStore(join(root, 'content'));
    const snapshotter = options.snapshotter ?? defaultSnapshotter({ root, random, clock, programs: system });
    const images = new ImageStore({ directory: join(root, 'images'), content, snapshotter, random });
    for (const part of [content, snapshotter, images]) await part.open();
    const client = new RegistryClient({ clock, mirrors });
    const puller = new ImagePuller({ client, content, store: images, snapshotter, clock });

    const namespaces = new PodNamespaces(join(state, 'ns'), system);
    const files = new PodFiles(at.pods);
    const events = new ContainerEvents();
    const { onRecordStep: onStep } = options;
    const stepping = onStep === undefined ? {} : { onStep };
    const monitor = new Conmon({ prefix, exits: at.exits, timeout: ociTimeout, clock });
    const pause = new PodPause({
      directory: at.pauses,
      namespaces,
      monitor,
      runtimes,
    });
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
    const layout = await detectCgroups();
    const cgroup = ({ id, sandboxId }: Container): string => cgroupPath(sandboxes.find(sandboxId)?.config, id);
    const mounts = new ContainerMounts({ directory: at.mounts, images, snapshotter, always: prefix.length > 0 });
    const preparer = new ContainerPreparer({
      bundles: at.bundles,
      mounts,
      namespaces,
      files,
      cdi: new CdiDevices({ logger }),
      limits: await ownLimits(),
      // The process id of a running container is its own as long as the monitor has not collected it.
      processes: (id) => `/proc/${containers.find(id)?.pid ?? 0}/ns/pid`,
    });
    const containers: ContainerManager = new ContainerManager({
      records: new RecordStore<StoredContainer>({
        directory: join(root, 'containers'),
        kind: 'container',
        logger,
        ...stepping,
      }),
      images,
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
        if ((await monitor.exitCode(id)) !== undefined) await sandboxes.stop(id);
      },
      // The group is there until the container is removed.
      outOfMemory: async (container) => {
        const group = new Cgroup(layout, cgroup(container));
        const counted = await group.events().catch(() => undefined);
        return (counted?.outOfMemoryKills ?? 0) > 0;
      },
      onEvent: (container, type) => {
        const sandbox = sandboxes.find(container.sandboxId);
        const statuses = type === ContainerEventType.CONTAINER_DELETED_EVENT ? [] : [containerStatus(container)];
        events.publish({
          containerId: container.id,
          containerEventType: type,
          createdAt: nanoseconds(clock.now()),
          containersStatuses: statuses,
          ...(sandbox && { podSandboxStatus: sandboxStatus(sandbox) }),
        });
      },
    });
    await sandboxes.open();
    await containers.open();
    await images.collect();

    const exec = new ContainerExec({
      runtimes,
      bundle: (id) => containers.bundle(id),
      directory: at.exec,
      clock,
    });
    const running = (id: string): Container => {
      const container = containers.find(id);
      if (container?.phase === 'running') return container;
      throw new GrpcStatusError(Code.FAILED_PRECONDITION, `container ${id} does not run`);
    };
    const streaming = new StreamingServer({
      clock,
      random,
      logger,
      runtime: {
        exec: async ({ containerId, cmd }, streams, signal) => exec.stream(running(containerId), cmd, streams, signal),
        attach: async ({ containerId }, streams, signal) =>
          attachContainer(monitor, containers.bundle(running(containerId).id), streams, signal),
        portForward: async (id, port, stream, signal) => {
          const sandbox = sandboxes.find(id);
          if (sandbox?.phase !== 'ready') throw new GrpcStatusError(Code.NOT_FOUND, `sandbox ${id} is not ready`);
          const netns = usesHostNetwork(sandbox.config) ? undefined : namespaces.path(id, 'net');
          await forwardPort(netns, port, stream, signal);
        },
      },
    });
    await streaming.start();
    const usage = new UsageReports({
      layout,
      clock,
      cgroup,
      writable: (id) => snapshotter.writable(id),
      netns: (id) => namespaces.path(id, 'net'),
      directory: snapshotter.directory,
    });
    const runtime = new CriRuntime({
      version,
      sandboxes,
      containers,
      images,
      exec,
      usage,
      streaming,
      events,
      network,
      handlers: [...runtimes.keys()],
      features: kernelFeatures(release()),
      clock,
    });
    const service = new CriImages({ store: images, puller, clock, directory: root });
    const archives = new ImageArchives({ content, store: images, puller });
    const control = new ControlServer({
      path: options.control ?? join(state, 'control', 'control.sock'),
      puller,
      archives,
    });
    const server = criServer({ runtime, images: service, address: options.address, clock, logger });
    const stop = async (): Promise<void> => {
      await server.stop();
      await control.stop();
      await streaming.stop();
      containers.close();
      sandboxes.close();
      await images.settled();
      snapshotter.close();
      await client.close();
      lock.release();
    };
    await Promise.all([server.start(), control.start()]).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return new ContainerRuntime(server, stop);
  }
}
