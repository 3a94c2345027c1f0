import { create } from '@bufbuild/protobuf';
import type { Clock, Logger, Random, Timer } from '@kubewright/core';
import { KeyedLock, SingleFlight } from '@kubewright/core/async';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { LinuxPodSandboxConfigSchema } from '@kubewright/cri-sdk/v1';
import type { LinuxContainerResources, PodSandboxConfig } from '@kubewright/cri-sdk/v1';
import { runtimeErrors } from '../errors.js';
import { podBandwidth } from '../network/bandwidth.js';
import type { PodNetwork } from '../network/pod-network.js';
import { bootId } from '../state/boot-id.js';
import type { RecordStore } from '../state/record-store.js';
import type { PodFiles } from './pod-files.js';
import { checkNamespaces } from './check-namespaces.js';
import { usesHostNetwork } from './pod-hostname.js';
import type { PodNamespaces } from './pod-namespaces.js';
import type { PodPause } from './pod-pause.js';
import { fromStored, sandboxKey, toStored } from './sandbox-record.js';
import type { Sandbox, StoredSandbox } from './sandbox-record.js';

/** How long connecting or disconnecting a pod may take, in milliseconds. */
const networkTime = 60_000;
/** Milliseconds until something that could not be undone is tried again, at first and at most. */
const firstRetry = 1_000;
const longestRetry = 60_000;

export interface SandboxManagerOptions {
  readonly records: RecordStore<StoredSandbox>;
  readonly namespaces: PodNamespaces;
  readonly pause: PodPause;
  readonly files: PodFiles;
  readonly network: PodNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export class SandboxManager {
  readonly #options: SandboxManagerOptions;
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #making = new SingleFlight<Sandbox>();
  readonly #queue = new KeyedLock();
  readonly #retries = new Map<string, Timer>();
  /** Sandboxes that count as stopped, but are still to be disconnected. */
  readonly #lost = new Set<string>();
  #boot = '';

  constructor(options: SandboxManagerOptions) {
    this.#options = options;
  }

  /**
   * Reads what is stored. Undoing what was half made, and disconnecting pods that a reboot ended, goes on afterwards: it may
   * have to wait for other programs.
   */
  async open(): Promise<void> {
    this.#boot = await bootId();
    for (const stored of await this.#options.records.open()) {
      const sandbox = fromStored(stored);
      this.#sandboxes.set(sandbox.id, sandbox);
    }
    await Promise.all([...this.#sandboxes.values()].map((sandbox) => this.#recover(sandbox)));
  }

  /** Stops undoing what could not be undone yet; the next start goes on with it. */
  close(): void {
    for (const timer of this.#retries.values()) timer.cancel();
    this.#retries.clear();
  }

  /** Newest first. Sandboxes that are still being made are not shown. */
  list(): Sandbox[] {
    return [...this.#sandboxes.values()]
      .filter(({ phase }) => phase !== 'creating')
      .sort((one, other) => other.createdAt - one.createdAt);
  }

  find(id: string): Sandbox | undefined {
    const sandbox = this.#sandboxes.get(id);
    return sandbox?.phase === 'creating' ? undefined : sandbox;
  }

  /** Makes a sandbox, or gives the one that the same request is making or made. A failure leaves nothing behind. */
  create(config: PodSandboxConfig, handler: string): Promise<Sandbox> {
    checkNamespaces(config);
    podBandwidth(config);
    const key = sandboxKey(config);
    return this.#making.run(key, async () => {
      const same = [...this.#sandboxes.values()].find((sandbox) => sandboxKey(sandbox.config) === key);
      if (same?.phase === 'ready') return same;
      if (same?.phase === 'stopped') {
        throw new GrpcStatusError(
          Code.ALREADY_EXISTS,
          `sandbox ${same.id} has the name ${key} and was stopped: remove it, or raise the attempt`,
        );
      }
      // What a failed undoing left is undone now, so that the name is free.
      if (same !== undefined) await this.remove(same.id);
      return this.#make(config, handler);
    });
  }

  /** Disconnects a sandbox whose containers have ended; one that is missing or stopped is left as it is. */
  stop(id: string): Promise<void> {
    return this.#queue.run(id, async () => {
      const sandbox = this.#sandboxes.get(id);
      if (sandbox === undefined || (sandbox.phase !== 'ready' && !this.#lost.has(id))) return;
      await this.#detach(sandbox);
      await this.#options.pause.remove(sandbox);
      await this.#options.namespaces.remove(id);
      const stopped: Sandbox = { ...sandbox, phase: 'stopped', addresses: [] };
      // It has stopped even where that cannot be written down: the next start finds it without namespaces.
      this.#sandboxes.set(id, stopped);
      this.#lost.delete(id);
      await this.#save(stopped);
    });
  }

  /** Remembers what a pod may use. The group of a pod is the kubelet's, which limits it itself. */
  update(id: string, overhead?: LinuxContainerResources, resources?: LinuxContainerResources): Promise<void> {
    return this.#queue.run(id, async () => {
      const sandbox = this.find(id);
      if (sandbox === undefined) throw new GrpcStatusError(Code.NOT_FOUND, `there is no sandbox '${id}'`);
      const { config } = sandbox;
      const linux = {
        ...(config.linux ?? create(LinuxPodSandboxConfigSchema)),
        ...(overhead && { overhead }),
        ...(resources && { resources }),
      };
      await this.#save({ ...sandbox, config: { ...config, linux } });
    });
  }

  /** Removes a sandbox that has no containers any more. */
  async remove(id: string): Promise<void> {
    await this.stop(id);
    await this.#queue.run(id, async () => {
      const sandbox = this.#sandboxes.get(id);
      if (sandbox === undefined) return;
      const { namespaces, pause, files, records } = this.#options;
      if (sandbox.phase === 'creating') await this.#detach(sandbox);
      await pause.remove(sandbox);
      await namespaces.remove(id);
      await files.remove(id);
      await records.remove(id);
      this.#sandboxes.delete(id);
      this.#retries.get(id)?.cancel();
      this.#retries.delete(id);
    });
  }

  async #recover(sandbox: Sandbox): Promise<void> {
    const { namespaces, logger } = this.#options;
    const { id, phase, config, boot } = sandbox;
    if (phase === 'creating') void this.#undo(id, firstRetry);
    if (phase !== 'ready') return;
    if (boot === this.#boot && (usesHostNetwork(config) || (await namespaces.hasNetwork(id)))) return;
    this.#sandboxes.set(id, { ...sandbox, phase: 'stopped', addresses: [] });
    // Its addresses are still given out. Where that fails, whoever stops or removes it tries again.
    this.#lost.add(id);
    this.stop(id).catch((error: unknown) => logger.warn('a lost sandbox is still connected', { id, error }));
  }

  /** Removes a half-made sandbox; as long as that fails, now and then, since nobody else knows of it. */
  async #undo(id: string, wait: number): Promise<void> {
    const { clock, logger } = this.#options;
    try {
      await this.remove(id);
    } catch (error) {
      logger.warn('a half-made sandbox stays for now', { id, error });
      const again = (): void => void this.#undo(id, Math.min(wait * 2, longestRetry));
      this.#retries.set(id, clock.setTimer(wait, again, { ref: false }));
    }
  }

  async #make(config: PodSandboxConfig, handler: string): Promise<Sandbox> {
    const { namespaces, pause, files, network, clock, random } = this.#options;
    const id = Buffer.from(random.bytes(32)).toString('hex');
    const begun: Sandbox = {
      id,
      config,
      handler,
      phase: 'creating',
      createdAt: clock.now(),
      addresses: [],
      boot: this.#boot,
    };
    await this.#save(begun);
    try {
      await namespaces.create(id, config);
      const netns = namespaces.path(id, 'net');
      const addresses = usesHostNetwork(config)
        ? []
        : await this.#limited((signal) => network.attach({ id, netns, config }, signal));
      await files.create(id, config);
      await pause.create(begun);
      const ready: Sandbox = { ...begun, phase: 'ready', addresses };
      await this.#save(ready);
      return ready;
    } catch (error) {
      await this.#undo(id, firstRetry);
      throw error;
    }
  }

  async #detach({ id, config }: Sandbox): Promise<void> {
    if (usesHostNetwork(config)) return;
    const { network, namespaces } = this.#options;
    const netns = namespaces.path(id, 'net');
    await this.#limited((signal) => network.detach({ id, netns, config }, signal));
  }

  async #limited<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const timer = this.#options.clock.setTimer(networkTime, () =>
      late.abort(runtimeErrors.PROGRAM_TIMEOUT({ program: this.#options.network.name, seconds: networkTime / 1000 })),
    );
    try {
      return await work(late.signal);
    } finally {
      timer.cancel();
    }
  }

  async #save(sandbox: Sandbox): Promise<void> {
    await this.#options.records.put(toStored(sandbox));
    this.#sandboxes.set(sandbox.id, sandbox);
  }
}
