import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock, SystemRandom, silentLogger } from '@kubewright/core';
import { ContainerEvents, CriClient, StreamingServer, criServer } from '@kubewright/cri-sdk';
import { ContainerManager } from '../containers/container-manager.js';
import { ContainerMounts } from '../containers/container-mounts.js';
import type { StoredContainer } from '../containers/container-record.js';
import { ContentStore } from '../content/content-store.js';
import { CriImages } from '../cri/cri-images.js';
import { CriRuntime } from '../cri/cri-runtime.js';
import { ImageStore } from '../images/image-store.js';
import { SystemPrograms } from '../programs/program-runner.js';
import { RegistryClient } from '../registry/registry-client.js';
import { SandboxManager } from '../sandboxes/sandbox-manager.js';
import type { StoredSandbox } from '../sandboxes/sandbox-record.js';
import { RecordStore } from '../state/record-store.js';
import { DeferredRemoval } from '../state/deferred-removal.js';
import {
  PretendedExec,
  PretendedFiles,
  PretendedMonitor,
  PretendedNamespaces,
  PretendedNetwork,
  PretendedPause,
  PretendedPuller,
  PretendedSnapshotter,
  PretendedUsage,
  pretendedGroup,
  pretendedOciRuntime,
} from './pretended-parts.js';

/** What a pretended runtime holds for its pods. */
export interface PretendedState {
  readonly namespaces: ReadonlySet<string>;
  readonly leases: ReadonlyMap<string, string>;
  readonly roots: ReadonlySet<string>;
}

/**
 * The runtime's own services, records and rules on a socket, with what needs a kernel pretended: pods have no namespaces and
 * containers no processes. For tests that ask very much of it; it needs no rights.
 */
export class PretendedRuntime implements AsyncDisposable {
  readonly client: CriClient;
  readonly state: PretendedState;
  readonly #stop: () => Promise<void>;

  private constructor(client: CriClient, state: PretendedState, stop: () => Promise<void>) {
    this.client = client;
    this.state = state;
    this.#stop = stop;
  }

  /** @param directory - for the socket (`cri.sock`) and the records (`sandboxes`, `containers`); who gives it removes it. */
  static async start(directory: string): Promise<PretendedRuntime> {
    const [clock, random, logger] = [new SystemClock(), new SystemRandom(), silentLogger];
    const at = (name: string): string => join(directory, name);
    for (const name of ['exits', 'bundles', 'mounts', 'exec', 'roots']) await mkdir(at(name), { recursive: true });
    const programs = new SystemPrograms(clock);
    const snapshotter = new PretendedSnapshotter(at('roots'));
    const content = new ContentStore(at('content'));
    const images = new ImageStore({ directory: at('images'), content, snapshotter, random });
    for (const part of [content, images]) await part.open();
    const client = new RegistryClient({ clock });
    const puller = new PretendedPuller({ client, content, store: images, snapshotter, clock });
    const namespaces = new PretendedNamespaces(at('ns'), programs);
    const network = new PretendedNetwork();
    const monitor = new PretendedMonitor({ prefix: [], exits: at('exits'), timeout: 1_000, clock });
    const oci = pretendedOciRuntime(at('exits'));
    const runtimes = new Map([
      ['', oci],
      [oci.name, oci],
    ]);
    const events = new ContainerEvents();
    const removal = new DeferredRemoval(at('trash'), random);
    await removal.open();
    const sandboxes = new SandboxManager({
      records: new RecordStore<StoredSandbox>({ directory: at('sandboxes'), kind: 'sandbox', logger }),
      namespaces,
      pause: new PretendedPause({ directory: at('pauses'), namespaces, monitor, runtimes }),
      files: new PretendedFiles(at('pods')),
      network,
      clock,
      random,
      logger,
    });
    const containers = new ContainerManager({
      records: new RecordStore<StoredContainer>({ directory: at('containers'), kind: 'container', logger }),
      images,
      snapshotter,
      monitor,
      runtimes,
      mounts: new ContainerMounts({ directory: at('mounts'), images, snapshotter, always: false }),
      users: () => undefined,
      prepare: async (container) => container,
      group: () => pretendedGroup,
      hugePages: false,
      lowestOomScore: -1000,
      removal,
      onOtherExit: async () => undefined,
      onEvent: (container, containerEventType) => events.publish({ containerId: container.id, containerEventType }),
      bundles: at('bundles'),
      exits: at('exits'),
      clock,
      random,
      logger,
    });
    await sandboxes.open();
    await containers.open();
    const exec = new PretendedExec({ runtimes, bundle: at, directory: at('exec'), clock });
    const streaming = new StreamingServer({
      clock,
      random,
      runtime: { exec: async () => 0, attach: async () => undefined, portForward: async () => undefined },
    });
    await streaming.start();
    const layout = { version: 'v2', controllers: new Map(), trees: [] } as const;
    const none = (): string => directory;
    const usage = new PretendedUsage({ layout, clock, cgroup: none, writable: none, netns: none, directory });
    const handlers = [...runtimes.keys()];
    const features = { userNamespaces: true, recursiveReadOnlyMounts: true };
    const runtime = new CriRuntime({
      version: '0.1.0',
      sandboxes,
      containers,
      images,
      exec,
      usage,
      streaming,
      events,
      network,
      handlers,
      features,
      clock,
    });
    const service = new CriImages({ store: images, puller, clock, directory });
    const server = criServer({ runtime, images: service, address: at('cri.sock'), clock, gracePeriod: 100 });
    await server.start();
    const calls = new CriClient({ address: at('cri.sock'), clock });
    const state = { namespaces: namespaces.made, leases: network.leases, roots: snapshotter.roots };
    return new PretendedRuntime(calls, state, async () => {
      calls.close();
      await server.stop();
      await streaming.stop();
      containers.close();
      sandboxes.close();
      await removal.emptied();
      await images.settled();
      await client.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }
}
