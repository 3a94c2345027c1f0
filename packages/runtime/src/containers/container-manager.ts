import { join } from 'node:path';
import type { Random } from '@kubewright/core';
import { messageOf } from '@kubewright/core';
import { KeyedLock, SingleFlight } from '@kubewright/core/async';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { ContainerEventType } from '@kubewright/cri-sdk/v1';
import type { ContainerConfig, LinuxContainerResources } from '@kubewright/cri-sdk/v1';
import type { ImageRecord } from '../images/image-record.js';
import type { ImageStore } from '../images/image-store.js';
import type { MappedUsers } from '../layers/snapshotter.js';
import { ociResources, oomScoreOf } from '../oci/linux-resources.js';
import type { OciRuntime } from '../oci/oci-runtime.js';
import type { Sandbox } from '../sandboxes/sandbox-record.js';
import type { RecordStore } from '../state/record-store.js';
import { requestStop } from './request-stop.js';
import { limitBundle } from '../oci/bundle.js';
import { containerKey, fromStored, newContainer, toStored } from './container-record.js';
import type { Container, StoredContainer } from './container-record.js';
import { ContainerCleanup } from './container-cleanup.js';
import type { ContainerCleanupOptions } from './container-cleanup.js';
import { EndWaiters } from './end-waiters.js';
import { ExitWatch } from './exit-watch.js';
import { mergeResources } from './merge-resources.js';
import { changeOomScore } from './oom-score.js';
import { signalContainer } from './signal-container.js';
import { signalName } from './stop-signal.js';

/** How long a process may take to die of KILL, in milliseconds. */
const killTime = 10_000;

export interface ContainerManagerOptions extends Omit<ContainerCleanupOptions, 'runtime'> {
  readonly records: RecordStore<StoredContainer>;
  readonly images: ImageStore;
  /** By the handlers that pods name. */
  readonly runtimes: ReadonlyMap<string, OciRuntime>;
  readonly exits: string;
  /** Whether huge pages can be limited. */
  readonly hugePages: boolean;
  /** The lowest oom_score_adj that this runtime may set. */
  readonly lowestOomScore: number;
  /** How the users of a sandbox are mapped; undefined where they are not. */
  readonly users: (sandbox: Sandbox) => MappedUsers | undefined;
  /** Makes the bundle of a container whose root file system is mounted. */
  readonly prepare: (container: Container, sandbox: Sandbox, image: ImageRecord, rootfs: string) => Promise<Container>;
  /** A monitor of something that is no container may have left an exit code. */
  readonly onOtherExit: (id: string) => Promise<void>;
  readonly onEvent: (container: Container, type: ContainerEventType) => void;
  readonly random: Random;
}

export class ContainerManager {
  readonly #options: ContainerManagerOptions;
  readonly #containers = new Map<string, Container>();
  readonly #making = new SingleFlight<Container>();
  readonly #queue = new KeyedLock();
  readonly #holds = new Map<string, () => void>();
  readonly #cleanup: ContainerCleanup;
  readonly #ends: EndWaiters;
  readonly #watch: ExitWatch;

  constructor(options: ContainerManagerOptions) {
    this.#options = options;
    this.#cleanup = new ContainerCleanup({ ...options, runtime: (container) => this.#runtime(container) });
    this.#ends = new EndWaiters(options.clock);
    const log = (id: string) => (error: unknown) => options.logger.error('an exit was not recorded', { id, error });
    this.#watch = new ExitWatch({
      directory: options.exits,
      clock: options.clock,
      onExit: (id) => {
        const phase = this.#containers.get(id)?.phase;
        if (phase === undefined) options.onOtherExit(id).catch(log(id));
        else if (phase !== 'exited') this.#collectExit(id).catch(log(id));
      },
      onCheck: () => {
        for (const { id, phase } of this.#containers.values())
          if (phase === 'running') this.#checkMonitor(id).catch(log(id));
      },
    });
  }

  /** Reads what is stored: what runs is taken over, what ended meanwhile is told so, what was half made is undone. */
  async open(): Promise<void> {
    const { records, logger } = this.#options;
    for (const stored of await records.open()) {
      const container = fromStored(stored);
      this.#containers.set(container.id, container);
      this.#hold(container);
    }
    this.#watch.start();
    await Promise.all(
      [...this.#containers.values()].map((container) =>
        this.#recover(container).catch((error: unknown) =>
          logger.error('a container was not recovered', { id: container.id, error }),
        ),
      ),
    );
  }

  /** Stops looking after containers; they run on. */
  close(): void {
    this.#watch.stop();
  }

  /** Newest first. Containers that are still being made are not shown. */
  list(): Container[] {
    return [...this.#containers.values()]
      .filter(({ phase }) => phase !== 'creating')
      .sort((one, other) => other.createdAt - one.createdAt);
  }

  find(id: string): Container | undefined {
    const container = this.#containers.get(id);
    return container?.phase === 'creating' ? undefined : container;
  }

  /** Ids of all containers of a sandbox, those that are still being made among them. */
  inSandbox(sandboxId: string): string[] {
    return [...this.#containers.values()].filter((one) => one.sandboxId === sandboxId).map(({ id }) => id);
  }

  bundle(id: string): string {
    return join(this.#options.bundles, id);
  }

  /** Makes a container, or gives the one that the same request is making or made. A failure leaves nothing behind. */
  create(sandbox: Sandbox, config: ContainerConfig, image: ImageRecord, imageName: string): Promise<Container> {
    const key = containerKey(sandbox.id, config);
    return this.#making.run(key, async () => {
      const same = [...this.#containers.values()].find((one) => containerKey(one.sandboxId, one.config) === key);
      if (same?.phase === 'created') return same;
      if (same !== undefined && same.phase !== 'creating') {
        throw new GrpcStatusError(
          Code.ALREADY_EXISTS,
          `container ${same.id} has this name and attempt and was started: remove it, or raise the attempt`,
        );
      }
      if (same !== undefined) await this.remove(same.id);
      return this.#make(sandbox, config, image, imageName);
    });
  }

  start(id: string): Promise<void> {
    return this.#queue
      .run(id, async () => {
        const container = this.#require(id);
        if (container.phase !== 'created')
          throw new GrpcStatusError(
            Code.FAILED_PRECONDITION,
            `container ${id} is ${container.phase}: only a created one can be started`,
          );
        const { monitor, mounts, clock, onEvent } = this.#options;
        const runtime = this.#runtime(container);
        const starting = await this.#save({ ...container, phase: 'starting' });
        try {
          const pid = await monitor.create(
            {
              id,
              bundle: this.bundle(id),
              logPath: container.logPath,
              terminal: container.config.tty,
              stdin: container.config.stdin,
              stdinOnce: container.config.stdinOnce,
            },
            runtime,
          );
          if (container.config.mounts.length > 0) await mounts.release(id);
          await runtime.start(id);
          const running = await this.#save({ ...starting, phase: 'running', pid, startedAt: clock.now() });
          onEvent(running, ContainerEventType.CONTAINER_STARTED_EVENT);
        } catch (error) {
          await runtime.delete(id).catch(() => undefined);
          const now = clock.now();
          const message = messageOf(error);
          await this.#record({
            ...starting,
            phase: 'exited',
            startedAt: now,
            finishedAt: now,
            exitCode: 128,
            reason: 'StartError',
            message,
          });
          throw error;
        }
      })
      .then(() => this.#collectExit(id));
  }

  /**
   * Ends a container: its stop signal, then KILL after `timeout` milliseconds. A later call with less time cuts an earlier
   * one short. One that is missing or has ended is left as it is.
   */
  async stop(id: string, timeout: number): Promise<void> {
    // A start that goes on is waited for: what it starts has to be stopped.
    const phase = this.#containers.get(id)?.phase;
    if (phase === 'created' || phase === 'starting') await this.#queue.run(id, async () => undefined);
    const container = this.#containers.get(id);
    if (container?.phase !== 'running') return;
    const send = (): Promise<void> => this.#signal(container, container.stopSignal);
    if (timeout > 0 && (await requestStop(container, timeout, send, (time) => this.#ended(id, time)))) return;
    await this.#signal(container, 'KILL');
    await this.#checkMonitor(id);
    if (await this.#ended(id, killTime)) return;
    throw new GrpcStatusError(
      Code.DEADLINE_EXCEEDED,
      `container ${id} did not end ${killTime / 1000} seconds after KILL`,
    );
  }

  /** Removes a container, a running one too, and one that is being started. */
  async remove(id: string): Promise<void> {
    do await this.stop(id, 0);
    while (!(await this.#queue.run(id, () => this.#removeEnded(id))));
  }

  /** Changes limits that were checked, and remembers them once they hold. */
  update(id: string, resources: LinuxContainerResources): Promise<void> {
    return this.#queue.run(id, async () => {
      const container = this.#require(id);
      const { linux } = container.config;
      const merged = mergeResources(linux?.resources, resources);
      if (container.phase === 'running') {
        await this.#runtime(container).update(id, ociResources(resources, this.#options));
        const cpuPeriod = Number(merged.cpuPeriod || 100_000n);
        if (resources.cpuQuota < 0n) await this.#options.group(container).setLimits({ cpuQuota: 'max', cpuPeriod });
      }
      if (container.phase === 'created') await limitBundle(this.bundle(id), ociResources(merged, this.#options));
      if (resources.oomScoreAdj !== 0n && (container.phase === 'running' || container.phase === 'created')) {
        const { group, lowestOomScore } = this.#options;
        const processes = container.phase === 'running' ? await group(container).processes() : [];
        await changeOomScore(this.bundle(id), oomScoreOf(resources, lowestOomScore), processes);
      }
      const changed = { ...linux, $typeName: 'runtime.v1.LinuxContainerConfig' as const, resources: merged };
      await this.#save({ ...container, config: { ...container.config, linux: changed } });
    });
  }

  async reopenLog(id: string): Promise<void> {
    const container = this.#require(id);
    if (container.phase !== 'running')
      throw new GrpcStatusError(Code.FAILED_PRECONDITION, `container ${id} does not run`);
    if (container.logPath !== '') await this.#options.monitor.reopenLog(this.bundle(id), container.logPath);
  }

  async #make(sandbox: Sandbox, config: ContainerConfig, image: ImageRecord, imageName: string): Promise<Container> {
    const { clock, random, snapshotter, mounts, users, prepare, onEvent } = this.#options;
    const volumes = mounts.resolve(config);
    const id = Buffer.from(random.bytes(32)).toString('hex');
    const begun = newContainer(id, sandbox, { ...config, mounts: volumes.mounts }, clock.now(), {
      imageId: image.id,
      imageName,
      layers: [image, ...volumes.images].flatMap(({ layers }) => layers),
      stopSignal: signalName(config.stopSignal, image.process.stopSignal),
    });
    this.#hold(begun);
    this.#containers.set(id, begun);
    try {
      return await this.#queue.run(id, async () => {
        await this.#save(begun);
        const { path } = await snapshotter.mount(id, image.layers, users(sandbox));
        const created = await this.#save({ ...(await prepare(begun, sandbox, image, path)), phase: 'created' });
        onEvent(created, ContainerEventType.CONTAINER_CREATED_EVENT);
        return created;
      });
    } catch (error) {
      await this.#undo(id);
      throw error;
    }
  }

  async #undo(id: string): Promise<void> {
    await this.remove(id).catch((error: unknown) =>
      this.#options.logger.warn('a half-made container stays until it is asked for again', { id, error }),
    );
  }

  async #recover(container: Container): Promise<void> {
    const { id, phase } = container;
    // Nobody has to wait for that: whoever asks for the same again waits then.
    if (phase === 'creating') void this.#undo(id);
    if (phase === 'running') await this.#checkMonitor(id);
    if (phase === 'starting') {
      // Whether its start was reached is not known: it is ended, so that the kubelet makes a new one.
      await this.#options.monitor.end(this.bundle(id), id);
      await this.#lose(container);
    }
  }

  async #collectExit(id: string): Promise<void> {
    await this.#queue.run(id, async () => {
      const container = this.#containers.get(id);
      if (container?.phase === 'running') await this.#finishIfEnded(container);
    });
  }

  /** As `#collectExit`, and ends a container whose monitor is gone: nobody would learn of its end, nor write its log. */
  async #checkMonitor(id: string): Promise<void> {
    const { monitor } = this.#options;
    await this.#queue.run(id, async () => {
      const container = this.#containers.get(id);
      if (container?.phase !== 'running') return;
      // In this order: an exit code is the last thing that a monitor leaves.
      const isAlive = await monitor.isAlive(this.bundle(id), id);
      if (!(await this.#finishIfEnded(container)) && !isAlive) await this.#lose(container);
    });
  }

  async #finishIfEnded(container: Container): Promise<boolean> {
    const exit = await this.#options.monitor.exit(container.id);
    if (exit === undefined) return false;
    const reason = exit.code === 0 ? 'Completed' : await this.#cleanup.reason(container);
    // Files have coarser times than clocks.
    const finishedAt = Math.max(exit.at, container.startedAt);
    await this.#finish({ ...container, finishedAt, exitCode: exit.code, reason });
    return true;
  }

  async #lose(container: Container): Promise<void> {
    // What takes its place must not meet it.
    await this.#cleanup.kill(container);
    const finishedAt = this.#options.clock.now();
    await this.#finish({ ...container, finishedAt, exitCode: 255, reason: 'ContainerStatusUnknown' });
  }

  async #finish(ended: Container): Promise<void> {
    const exited: Container = { ...ended, phase: 'exited' };
    await this.#record(exited);
    this.#cleanup.clear(exited);
    this.#options.onEvent(exited, ContainerEventType.CONTAINER_STOPPED_EVENT);
    this.#ends.tell(exited.id);
  }

  /** @returns false where it runs. */
  async #removeEnded(id: string): Promise<boolean> {
    const container = this.#containers.get(id);
    if (container === undefined) return true;
    const { records, images, onEvent, logger } = this.#options;
    const { phase, imageId } = container;
    if (phase === 'running') return false;
    // Nobody may start what is half removed: a crash from here on leaves it to the next start to remove the rest.
    if (phase === 'created') await records.put(toStored({ ...container, phase: 'creating' }));
    await this.#cleanup.remove(container);
    await records.remove(id);
    this.#containers.delete(id);
    this.#holds.get(id)?.();
    this.#holds.delete(id);
    // Its layers were kept for this container. Nobody has to wait for their end, which the next collection brings anyway.
    if (images.find(imageId) === undefined)
      images.collect().catch((error: unknown) => logger.warn('layers of a removed image stay for now', { error }));
    if (phase !== 'creating') onEvent(container, ContainerEventType.CONTAINER_DELETED_EVENT);
    return true;
  }

  #signal(container: Container, signal: string): Promise<void> {
    const { monitor, logger } = this.#options;
    const bundle = this.bundle(container.id);
    return signalContainer(container, signal, { runtime: this.#runtime(container), monitor, bundle, logger });
  }

  /** Whether a container ends within a time. */
  #ended(id: string, timeout: number): Promise<boolean> {
    if (this.#containers.get(id)?.phase !== 'running') return Promise.resolve(true);
    return this.#ends.wait(id, timeout);
  }

  #hold({ id, layers }: Container): void {
    this.#holds.set(id, this.#options.images.hold({ layers }));
  }

  #require(id: string): Container {
    const container = this.find(id);
    if (container === undefined) throw new GrpcStatusError(Code.NOT_FOUND, `there is no container '${id}'`);
    return container;
  }

  #runtime({ handler }: Container): OciRuntime {
    const runtime = this.#options.runtimes.get(handler);
    if (runtime === undefined)
      throw new GrpcStatusError(Code.INVALID_ARGUMENT, `there is no runtime handler '${handler}'`);
    return runtime;
  }

  /** Keeps an end, which is so even where it cannot be written down; the next start learns it from the monitor again. */
  async #record(exited: Container): Promise<void> {
    this.#containers.set(exited.id, exited);
    await this.#options.records
      .put(toStored(exited))
      .catch((error: unknown) => this.#options.logger.error('an exit was not recorded', { id: exited.id, error }));
  }

  async #save(container: Container): Promise<Container> {
    await this.#options.records.put(toStored(container));
    this.#containers.set(container.id, container);
    return container;
  }
}
