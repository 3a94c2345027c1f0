/** The runtime as a whole: what a node agent or the command line starts. Neighbours: `assembly` puts its parts together. */
import { mkdir } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@kubewright/core';
import { ContainerEvents, StreamingServer, criServer } from '@kubewright/cri-sdk';
import type { GrpcServer } from '@kubewright/grpc';
import { detectCgroups } from '@kubewright/linux';
import { ImageArchives } from './archives/image-archives.js';
import { defaultOciRuntime } from './assembly/default-parts.js';
import { openImageParts } from './assembly/image-parts.js';
import type { ContainerRuntimeOptions } from './assembly/options.js';
import { openPodParts } from './assembly/pod-parts.js';
import { podStreams } from './assembly/pod-streams.js';
import { makeStateDirectories } from './assembly/state-directories.js';
import { ContainerExec } from './containers/container-exec.js';
import { ControlServer } from './control/control-server.js';
import { CriImages } from './cri/cri-images.js';
import { CriRuntime } from './cri/cri-runtime.js';
import { LoopbackNetwork } from './network/loopback-network.js';
import { HostPrograms } from './programs/host-programs.js';
import { kernelFeatures } from './oci/kernel-features.js';
import { findPrograms } from './programs/find-programs.js';
import { lockRoot } from './state/root-lock.js';
import { UsageReports } from './cri/usage-reports.js';

const version = '0.1.0';
const needed = ['conmon', 'unshare', 'nsenter', 'hostname', 'tee', 'sync'];

/** A running container runtime. */
export class ContainerRuntime implements AsyncDisposable {
  readonly #server: GrpcServer;
  readonly #open: AsyncDisposableStack;

  private constructor(server: GrpcServer, open: AsyncDisposableStack) {
    this.#server = server;
    this.#open = open;
  }

  get address(): string {
    return this.#server.address;
  }

  /** Stops serving. Containers run on, and the next runtime with the same directories takes them over. */
  async stop(): Promise<void> {
    await this.#open.disposeAsync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Takes over what an earlier runtime left, and serves. Needs root.
   *
   * @throws MISSING_PROGRAM that names what to install, ALREADY_RUNNING; errors of the socket.
   */
  static async start(options: ContainerRuntimeOptions): Promise<ContainerRuntime> {
    const { clock, random, logger = silentLogger, mirrors = {}, program = 'crun', ociTimeout = 30_000 } = options;
    const { root = '/var/lib/kubewright/runtime', state = '/run/kubewright/runtime' } = options;
    const { network = new LoopbackNetwork(), snapshotter, onRecordStep } = options;
    await using open = new AsyncDisposableStack();
    await findPrograms(process.env['PATH'] ?? '', needed);
    await mkdir(root, { recursive: true, mode: 0o711 });
    open.use(await lockRoot(root, clock));
    const at = await makeStateDirectories(state);
    const programs = new HostPrograms({ root, state, clock });
    const prefix = await programs.prefix();
    const ociRuntimes = options.ociRuntimes ?? [await defaultOciRuntime({ program, state, programs, ociTimeout })];
    // Pods without a handler have the empty one.
    const runtimes = new Map([
      ...ociRuntimes.slice(0, 1).map((one) => ['', one] as const),
      ...ociRuntimes.map((one) => [one.name, one] as const),
    ]);
    const layout = await detectCgroups();
    const events = new ContainerEvents();
    const images = await openImageParts({ root, mirrors, snapshotter, clock, random }, open);
    const services = { clock, random, logger };
    const pods = await openPodParts(
      { root, at, images, network, runtimes, prefix, ociTimeout, layout, events, onRecordStep, ...services },
      open,
    );
    const { sandboxes, containers, namespaces, cgroup } = pods;
    await images.store.collect();

    const bundle = (id: string): string => containers.bundle(id);
    const exec = new ContainerExec({ runtimes, bundle, directory: at.exec, clock });
    const streaming = new StreamingServer({ ...services, runtime: podStreams(pods, exec) });
    await streaming.start();
    open.defer(() => streaming.stop());
    const usage = new UsageReports({
      layout,
      clock,
      cgroup,
      writable: (id) => images.snapshotter.writable(id),
      netns: (id) => namespaces.path(id, 'net'),
      directory: images.snapshotter.directory,
    });
    const runtime = new CriRuntime({
      version,
      sandboxes,
      containers,
      images: images.store,
      exec,
      usage,
      streaming,
      events,
      network,
      handlers: [...runtimes.keys()],
      features: kernelFeatures(release()),
      clock,
    });
    const control = new ControlServer({
      path: options.control ?? join(state, 'control', 'control.sock'),
      puller: images.puller,
      archives: new ImageArchives(images),
      clock,
      logger,
    });
    open.defer(() => control.stop());
    await control.start();
    const service = new CriImages({ store: images.store, puller: images.puller, clock, directory: root });
    const server = criServer({ runtime, images: service, address: options.address, clock, logger });
    open.defer(() => server.stop());
    await server.start();
    return new ContainerRuntime(server, open.move());
  }
}
