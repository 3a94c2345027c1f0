/**
 * Pod sandboxes: what the containers of a pod share. There is no process for one; its namespaces are mounted on files.
 * Neighbours: `containers` runs in them, `network` connects them, `cri` shows them.
 */
import type { Clock, Logger, Random } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { NamespaceMode } from '@kubewright/cri-sdk/v1';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';
import { runtimeErrors } from '../errors.js';
import type { PodNetwork } from '../network/pod-network.js';
import { JoinedCalls, KeyedQueue } from '../state/joined-calls.js';
import type { RecordStore } from '../state/record-store.js';
import type { PodFiles } from './pod-files.js';
import { usesHostNetwork } from './pod-files.js';
import type { PodNamespaces } from './pod-namespaces.js';
import { fromStored, sandboxKey, toStored } from './sandbox-record.js';
import type { Sandbox, StoredSandbox } from './sandbox-record.js';

/** How long connecting or disconnecting a pod may take, in milliseconds. */
const networkTime = 60_000;

export interface SandboxManagerOptions {
  readonly records: RecordStore<StoredSandbox>;
  readonly namespaces: PodNamespaces;
  readonly files: PodFiles;
  readonly network: PodNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export class SandboxManager {
  readonly #options: SandboxManagerOptions;
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #making = new JoinedCalls<Sandbox>();
  readonly #queue = new KeyedQueue();

  constructor(options: SandboxManagerOptions) {
    this.#options = options;
  }

  /** Reads what is stored, undoes what was half made, and marks pods whose namespaces a reboot took as stopped. */
  async open(): Promise<void> {
    const { records, namespaces, logger } = this.#options;
    for (const stored of await records.open()) {
      const sandbox = fromStored(stored);
      this.#sandboxes.set(sandbox.id, sandbox);
      if (sandbox.phase === 'creating') {
        await this.remove(sandbox.id).catch((error: unknown) =>
          logger.warn('a half-made sandbox stays', { id: sandbox.id, error }),
        );
      } else if (
        sandbox.phase === 'ready' &&
        !usesHostNetwork(sandbox.config) &&
        !(await namespaces.hasNetwork(sandbox.id))
      ) {
        await this.#save({ ...sandbox, phase: 'stopped' });
      }
    }
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
    refuseUnsupported(config);
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
      if (sandbox === undefined || sandbox.phase !== 'ready') return;
      await this.#detach(sandbox);
      await this.#options.namespaces.remove(id);
      await this.#save({ ...sandbox, phase: 'stopped', addresses: [] });
    });
  }

  /** Removes a sandbox that has no containers any more. */
  async remove(id: string): Promise<void> {
    await this.stop(id);
    await this.#queue.run(id, async () => {
      const sandbox = this.#sandboxes.get(id);
      if (sandbox === undefined) return;
      const { namespaces, files, records } = this.#options;
      if (sandbox.phase === 'creating') await this.#detach(sandbox);
      await namespaces.remove(id);
      await files.remove(id);
      await records.remove(id);
      this.#sandboxes.delete(id);
    });
  }

  async #make(config: PodSandboxConfig, handler: string): Promise<Sandbox> {
    const { namespaces, files, network, clock, random, logger } = this.#options;
    const id = Buffer.from(random.bytes(32)).toString('hex');
    const begun: Sandbox = { id, config, handler, phase: 'creating', createdAt: clock.now(), addresses: [] };
    await this.#save(begun);
    try {
      await namespaces.create(id, config);
      const netns = namespaces.path(id, 'net');
      const addresses = usesHostNetwork(config)
        ? []
        : await this.#limited((signal) => network.attach({ id, netns, config }, signal));
      await files.create(id, config);
      const ready: Sandbox = { ...begun, phase: 'ready', addresses };
      await this.#save(ready);
      return ready;
    } catch (error) {
      await this.remove(id).catch((cause: unknown) =>
        logger.warn('a half-made sandbox stays until it is asked for again', { id, error: cause }),
      );
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

function refuseUnsupported({ linux }: PodSandboxConfig): void {
  const options = linux?.securityContext?.namespaceOptions;
  const userns = options?.usernsOptions;
  if (options?.pid === NamespaceMode.POD)
    throw runtimeErrors.NOT_SUPPORTED({ what: 'process namespaces that a pod shares' });
  if (userns?.mode === NamespaceMode.POD && userns.uids.length > 0) {
    throw runtimeErrors.NOT_SUPPORTED({ what: 'user namespaces of pods' });
  }
}
