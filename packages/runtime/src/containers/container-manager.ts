/**
 * Containers: from a request to a process and back to nothing. Neighbours: `monitor` and `oci` run them, `layers` gives
 * their root file system, `sandboxes` what they share, `cri` shows them.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger, Random } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { ContainerEventType } from '@kubewright/cri-sdk/v1';
import type { ContainerConfig, LinuxContainerResources } from '@kubewright/cri-sdk/v1';
import type { ImageRecord } from '../images/image-record.js';
import type { ImageStore } from '../images/image-store.js';
import type { MappedUsers, Snapshotter } from '../layers/snapshotter.js';
import type { Conmon } from '../monitor/conmon.js';
import { ociResources } from '../oci/build-spec.js';
import type { OciRuntime } from '../oci/oci-runtime.js';
import type { Sandbox } from '../sandboxes/sandbox-record.js';
import { JoinedCalls, KeyedQueue } from '../state/joined-calls.js';
import type { RecordStore } from '../state/record-store.js';
import type { ContainerMounts } from './container-mounts.js';
import { containerKey, fromStored, toStored } from './container-record.js';
import type { Container, StoredContainer } from './container-record.js';
import { wouldBeDropped } from './dropped-signal.js';
import { EndWaiters } from './end-waiters.js';
import { ExitWatch } from './exit-watch.js';
import { mergeResources } from './merge-resources.js';
import { signalContainer } from './signal-container.js';
import { signalName } from './stop-signal.js';

/** How long a process may take to die of KILL, in milliseconds. */
const killTime = 10_000;
/** How often it is looked whether a process can be asked to end, in milliseconds. */
const lookAgain = 100;

export interface ContainerManagerOptions {
  readonly records: RecordStore<StoredContainer>;
  readonly images: ImageStore;
  readonly snapshotter: Snapshotter;
  readonly mounts: ContainerMounts;
  readonly monitor: Conmon;
  readonly runtimes: ReadonlyMap<string, OciRuntime>;
  /** Where bundles are. */
  readonly bundles: string;
  readonly exits: string;
  /** How the users of a sandbox are mapped; undefined where they are not. */
  readonly users: (sandbox: Sandbox) => MappedUsers | undefined;
  /** Makes the bundle of a container whose root file system is mounted. */
  readonly prepare: (container: Container, sandbox: Sandbox, image: ImageRecord, rootfs: string) => Promise<Container>;
  /** Whether the kernel killed a process of the container for want of memory; asked after its end. */
  readonly outOfMemory: (container: Container) => Promise<boolean>;
  /** A monitor of something that is no container may have left an exit code. */
  readonly onOtherExit: (id: string) => Promise<void>;
  readonly onEvent: (container: Container, type: ContainerEventType) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export class ContainerManager {
  readonly #options: ContainerManagerOptions;
  readonly #containers = new Map<string, Container>();
  readonly #making = new JoinedCalls<Container>();
  readonly #queue = new KeyedQueue();
  readonly #holds = new Map<string, () => void>();
  readonly #ends: EndWaiters;
  readonly #watch: ExitWatch;

  constructor(options: ContainerManagerOptions) {
    this.#options = options;
    this.#ends = new EndWaiters(options.clock);
    const look = (id: string): void => {
      const seen = this.#containers.has(id) ? this.#collectExit(id) : options.onOtherExit(id);
      seen.catch((error: unknown) => options.logger.error('an exit was not recorded', { id, error }));
    };
    const sweep = (): void => {
      for (const { id, phase } of this.#containers.values()) if (phase === 'running') look(id);
    };
    this.#watch = new ExitWatch(options.exits, options.clock, look, sweep);
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
          await mounts.release(id);
          await runtime.start(id);
          const running = await this.#save({ ...starting, phase: 'running', pid, startedAt: clock.now() });
          onEvent(running, ContainerEventType.CONTAINER_STARTED_EVENT);
        } catch (error) {
          await runtime.delete(id).catch(() => undefined);
          const now = clock.now();
          const message = error instanceof Error ? error.message : String(error);
          await this.#save({
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
    if (this.#containers.get(id)?.phase === 'starting') await this.#queue.run(id, async () => undefined);
    const container = this.#containers.get(id);
    if (container?.phase !== 'running') return;
    if (timeout > 0 && (await this.#askToEnd(container, timeout))) return;
    await this.#signal(container, 'KILL');
    if (await this.#ended(id, killTime)) return;
    throw new GrpcStatusError(
      Code.DEADLINE_EXCEEDED,
      `container ${id} did not end ${killTime / 1000} seconds after KILL`,
    );
  }

  /** Removes a container, a running one too. */
  async remove(id: string): Promise<void> {
    await this.stop(id, 0);
    await this.#queue.run(id, async () => {
      const container = this.#containers.get(id);
      if (container === undefined) return;
      const { snapshotter, mounts, records, monitor, onEvent } = this.#options;
      // Nobody may start what is half removed: a crash from here on leaves it to the next start to remove the rest.
      if (container.phase === 'created') await records.put(toStored({ ...container, phase: 'creating' }));
      if (container.phase !== 'created' && container.phase !== 'creating') await this.#runtime(container).delete(id);
      await mounts.remove(id);
      await snapshotter.remove(id);
      await rm(this.bundle(id), { recursive: true, force: true });
      await monitor.forget(id);
      await records.remove(id);
      this.#containers.delete(id);
      this.#holds.get(id)?.();
      this.#holds.delete(id);
      if (container.phase !== 'creating') onEvent(container, ContainerEventType.CONTAINER_DELETED_EVENT);
    });
  }

  /** Changes limits, and remembers them once they hold. */
  update(id: string, resources: LinuxContainerResources): Promise<void> {
    return this.#queue.run(id, async () => {
      const container = this.#require(id);
      if (container.phase === 'running') await this.#runtime(container).update(id, ociResources(resources));
      const { linux } = container.config;
      const changed = {
        ...linux,
        $typeName: 'runtime.v1.LinuxContainerConfig' as const,
        resources: mergeResources(linux?.resources, resources),
      };
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
    const { clock, random, snapshotter, mounts, users, prepare, onEvent, logger } = this.#options;
    const volumes = mounts.resolve(config);
    const id = Buffer.from(random.bytes(32)).toString('hex');
    const { logDirectory } = sandbox.config;
    const begun: Container = {
      id,
      sandboxId: sandbox.id,
      config: { ...config, mounts: volumes.mounts },
      imageId: image.id,
      imageName,
      layers: [image, ...volumes.images].flatMap(({ layers }) => layers),
      handler: sandbox.handler,
      phase: 'creating',
      createdAt: clock.now(),
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      reason: '',
      message: '',
      pid: 0,
      logPath: config.logPath === '' || logDirectory === '' ? '' : join(logDirectory, config.logPath),
      stopSignal: signalName(config.stopSignal, image.process.stopSignal),
    };
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
      await this.remove(id).catch((cause: unknown) =>
        logger.warn('a half-made container stays until it is asked for again', { id, error: cause }),
      );
      throw error;
    }
  }

  async #recover(container: Container): Promise<void> {
    const { id, phase } = container;
    if (phase === 'creating') return this.remove(id);
    if (phase === 'starting') {
      // Whether its start was reached is not known: it is ended, so that the kubelet makes a new one.
      await this.#options.monitor.end(id);
      await this.#runtime(container).delete(id);
      await this.#finish(container, 255, 'ContainerStatusUnknown');
      return;
    }
    if (phase !== 'running') return;
    await this.#collectExit(id);
    const alive = await this.#options.monitor.isAlive(this.bundle(id), id);
    if (alive || this.#containers.get(id)?.phase !== 'running') return;
    // Without its monitor nobody would learn of its end, nor write its log.
    await this.#runtime(container).delete(id);
    await this.#finish(container, 255, 'ContainerStatusUnknown');
  }

  async #collectExit(id: string): Promise<void> {
    await this.#queue.run(id, async () => {
      const container = this.#containers.get(id);
      if (container?.phase !== 'running') return;
      const code = await this.#options.monitor.exitCode(id);
      if (code === undefined) return;
      const reason = code === 0 ? 'Completed' : (await this.#options.outOfMemory(container)) ? 'OOMKilled' : 'Error';
      await this.#finish(container, code, reason);
    });
  }

  async #finish(container: Container, exitCode: number, reason: string): Promise<void> {
    const { clock, onEvent, logger } = this.#options;
    const exited: Container = { ...container, phase: 'exited', finishedAt: clock.now(), exitCode, reason };
    // It has ended even where that cannot be written down; the next start learns it from the monitor again.
    this.#containers.set(exited.id, exited);
    await this.#save(exited).catch((error: unknown) =>
      logger.error('an exit was not recorded', { id: exited.id, error }),
    );
    onEvent(exited, ContainerEventType.CONTAINER_STOPPED_EVENT);
    this.#ends.tell(container.id);
  }

  /** Sends the stop signal, and again where it was dropped because the process had only just begun. */
  async #askToEnd(container: Container, timeout: number): Promise<boolean> {
    const { id, pid, stopSignal } = container;
    let left = timeout;
    let dropped = await wouldBeDropped(pid, stopSignal);
    await this.#signal(container, stopSignal);
    for (; dropped && left > lookAgain; left -= lookAgain) {
      if (await this.#ended(id, lookAgain)) return true;
      dropped = await wouldBeDropped(pid, stopSignal);
      if (!dropped) await this.#signal(container, stopSignal);
    }
    return this.#ended(id, left);
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

  async #save(container: Container): Promise<Container> {
    await this.#options.records.put(toStored(container));
    this.#containers.set(container.id, container);
    return container;
  }
}
