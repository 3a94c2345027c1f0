/** The runtime put together: what a node agent or the command line starts. Neighbours: everything here is made elsewhere. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { silentLogger } from '@kubewright/core';
import type { Clock, Logger, Random } from '@kubewright/core';
import { ContainerEvents, StreamingServer, criServer } from '@kubewright/cri-sdk';
import { ContainerEventType, NamespaceMode } from '@kubewright/cri-sdk/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { GrpcServer } from '@kubewright/grpc';
import { Cgroup, detectCgroups } from '@kubewright/linux';
import { attachOutput } from './containers/attach-output.js';
import { devicesOf, localSeccomp, ownLimits, writeBundle } from './containers/bundle.js';
import { ContainerExec } from './containers/container-exec.js';
import { ContainerManager } from './containers/container-manager.js';
import type { Container, StoredContainer } from './containers/container-record.js';
import { ContainerUsage } from './containers/container-usage.js';
import { ContentStore } from './content/content-store.js';
import { CriImages } from './cri/cri-images.js';
import { CriRuntime } from './cri/cri-runtime.js';
import { containerStatus, nanoseconds, sandboxStatus } from './cri/status.js';
import { ImagePuller } from './images/image-puller.js';
import type { ImageRecord } from './images/image-record.js';
import { ImageStore } from './images/image-store.js';
import { OverlaySnapshotter } from './layers/overlay-snapshotter.js';
import { Conmon } from './monitor/conmon.js';
import { LoopbackNetwork } from './network/loopback-network.js';
import type { PodNetwork } from './network/pod-network.js';
import { buildSpec } from './oci/build-spec.js';
import { containerUser } from './oci/container-user.js';
import { PrefixedPrograms, hideUnifiedCgroups } from './oci/hidden-unified.js';
import { CliOciRuntime } from './oci/oci-runtime.js';
import type { OciRuntime } from './oci/oci-runtime.js';
import { findPrograms } from './programs/find-programs.js';
import { SystemPrograms } from './programs/program-runner.js';
import type { MirrorTable } from './registry/endpoints.js';
import { RegistryClient } from './registry/registry-client.js';
import { PodFiles, usesHostNetwork } from './sandboxes/pod-files.js';
import { PodNamespaces } from './sandboxes/pod-namespaces.js';
import { forwardPort } from './sandboxes/port-forward.js';
import { SandboxManager } from './sandboxes/sandbox-manager.js';
import type { Sandbox, StoredSandbox } from './sandboxes/sandbox-record.js';
import { RecordStore } from './state/record-store.js';

export interface ContainerRuntimeOptions {
  /** The socket to serve, as `unix:///run/kubewright/cri.sock`. */
  readonly address: string;
  /** Images and records; survives a reboot. Default: /var/lib/kubewright/runtime. */
  readonly root?: string;
  /** Namespaces, bundles and other things that end with a reboot. Default: /run/kubewright/runtime. */
  readonly state?: string;
  /** The OCI runtime of pods that name no handler: a program with the command line of runc. Default: crun. */
  readonly program?: string;
  readonly mirrors?: MirrorTable;
  /** Default: loopback only, until a network is configured. */
  readonly network?: PodNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
}

const version = '0.1.0';
/** Where groups of containers lie whose pods name no parent. */
const defaultCgroup = '/kubewright';

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
    const { clock, random, logger = silentLogger, mirrors = {}, program = 'crun' } = options;
    const {
      root = '/var/lib/kubewright/runtime',
      state = '/run/kubewright/runtime',
      network = new LoopbackNetwork(),
    } = options;
    const system = new SystemPrograms(clock);
    const [ociProgram = program] = await findPrograms(process.env['PATH'] ?? '', [
      program,
      'conmon',
      'unshare',
      'nsenter',
      'hostname',
      'tee',
      'sync',
    ]);
    const at = {
      bundles: join(state, 'bundles'),
      exits: join(state, 'exits'),
      exec: join(state, 'exec'),
      pods: join(state, 'pods'),
    };
    for (const directory of [root, state, ...Object.values(at)])
      await mkdir(directory, { recursive: true, mode: 0o711 });

    const prefix = await hideUnifiedCgroups(system, join(state, 'host'), [root, state]);
    const programs = new PrefixedPrograms(system, prefix);
    // Pods without a handler have the empty one; runtime classes name the program.
    const named = (name: string): OciRuntime =>
      new CliOciRuntime({ name, program: ociProgram, root: join(state, 'oci'), programs });
    const runtimes = new Map(['', basename(program)].map((name) => [name, named(name)]));
    const content = new ContentStore(join(root, 'content'));
    const snapshotter = new OverlaySnapshotter({ directory: join(root, 'o'), random, programs: system });
    const images = new ImageStore({ directory: join(root, 'images'), content, snapshotter, random });
    for (const part of [content, snapshotter, images]) await part.open();
    const client = new RegistryClient({ clock, mirrors });
    const puller = new ImagePuller({ client, content, store: images, snapshotter, clock });

    const namespaces = new PodNamespaces(join(state, 'ns'), system);
    const files = new PodFiles(at.pods);
    const events = new ContainerEvents();
    const sandboxRecords = new RecordStore<StoredSandbox>(join(root, 'sandboxes'), logger);
    const sandboxes = new SandboxManager({
      records: sandboxRecords,
      namespaces,
      files,
      network,
      clock,
      random,
      logger,
    });
    const own = await ownLimits();
    const layout = await detectCgroups();
    const cgroup = (container: Container): string => {
      const parent = sandboxes.find(container.sandboxId)?.config.linux?.cgroupParent;
      return join(parent === undefined || parent === '' ? defaultCgroup : parent, container.id);
    };
    const prepare = async (
      container: Container,
      sandbox: Sandbox,
      image: ImageRecord,
      rootfs: string,
    ): Promise<Container> => {
      const { config, id } = container;
      const security = config.linux?.securityContext;
      const user = await containerUser(rootfs, image.process.user, security);
      const seccomp = await localSeccomp(config);
      const spec = buildSpec({
        config,
        image: image.process,
        rootfs,
        user,
        hostname: sandbox.config.hostname,
        namespaces: namespaces.ofContainer(
          sandbox.id,
          sandbox.config,
          security?.namespaceOptions?.pid ?? NamespaceMode.CONTAINER,
        ),
        cgroupsPath: cgroup(container),
        podMounts: files.mounts(sandbox.id, sandbox.config),
        devices: await devicesOf(config),
        ownedCapabilities: own.capabilities,
        lowestOomScore: own.lowestOomScore,
        ...(seccomp && { localSeccomp: seccomp }),
      });
      await writeBundle(join(at.bundles, id), spec);
      if (container.logPath !== '') await mkdir(join(container.logPath, '..'), { recursive: true, mode: 0o755 });
      return { ...container, user };
    };
    const monitor = new Conmon({ prefix, exits: at.exits, clock });
    const containers: ContainerManager = new ContainerManager({
      records: new RecordStore<StoredContainer>(join(root, 'containers'), logger),
      images,
      snapshotter,
      monitor,
      runtimes,
      prepare,
      clock,
      random,
      logger,
      bundles: at.bundles,
      exits: at.exits,
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
      prefix,
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
        attach: async ({ containerId }, streams, signal) => {
          const ended = async (): Promise<boolean> => containers.find(containerId)?.phase !== 'running';
          await attachOutput(running(containerId).logPath, streams, { clock, ended, signal });
        },
        portForward: async (id, port, stream, signal) => {
          const sandbox = sandboxes.find(id);
          if (sandbox?.phase !== 'ready') throw new GrpcStatusError(Code.NOT_FOUND, `sandbox ${id} is not ready`);
          const netns = usesHostNetwork(sandbox.config) ? undefined : namespaces.path(id, 'net');
          await forwardPort(netns, port, stream, signal);
        },
      },
    });
    await streaming.start();
    const usage = new ContainerUsage(layout, clock, cgroup, () => snapshotter.directory);
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
      clock,
    });
    const service = new CriImages({ store: images, puller, clock, directory: root });
    const server = criServer({ runtime, images: service, address: options.address, clock, logger });
    const stop = async (): Promise<void> => {
      await server.stop();
      await streaming.stop();
      containers.close();
      await client.close();
    };
    await server.start().catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return new ContainerRuntime(server, stop);
  }
}
