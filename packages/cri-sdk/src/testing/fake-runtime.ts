import type { Clock, Random } from '@kubewright/core';
import { Code, GrpcStatusError, invalidArgument } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import { CgroupDriver, ContainerEventType, ContainerState, PodSandboxState } from '../generated/runtime/v1/cri_pb.js';
import type * as cri from '../generated/runtime/v1/cri_pb.js';
import { ContainerEvents } from '../events/container-events.js';
import type { Answer } from '../service/answer.js';
import { RuntimeService } from '../service/runtime-service.js';
import { FakeImages } from './fake-images.js';
import { fakePrograms } from './fake-programs.js';
import type { FakeProgram, FakeProgramOutput } from './fake-programs.js';
import { containerEntry, containerStatus, hasLabels, sandboxEntry, sandboxStatus } from './fake-records.js';
import type { FakeContainer, FakeSandbox } from './fake-records.js';

export interface FakeRuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Programs beside the built-in ones (`true`, `false`, `echo`, `warn`, `exit`, `wait`), by their name. */
  readonly programs?: Readonly<Record<string, FakeProgram>>;
}

/** A runtime without processes, for tests of what drives one. Containers run programs that are functions. */
export class FakeRuntime extends RuntimeService {
  readonly images: FakeImages;
  readonly #options: FakeRuntimeOptions;
  readonly #programs: ReadonlyMap<string, FakeProgram>;
  readonly #sandboxes = new Map<string, FakeSandbox>();
  readonly #containers = new Map<string, FakeContainer>();
  readonly #events = new ContainerEvents();

  constructor(options: FakeRuntimeOptions) {
    super();
    this.#options = options;
    this.#programs = new Map(Object.entries({ ...fakePrograms, ...options.programs }));
    this.images = new FakeImages(options.clock);
  }

  override async version(): Promise<Answer<typeof cri.VersionResponseSchema>> {
    return { version: '0.1.0', runtimeName: 'memory', runtimeVersion: '0.1.0', runtimeApiVersion: 'v1' };
  }

  override async status(): Promise<Answer<typeof cri.StatusResponseSchema>> {
    const conditions = ['RuntimeReady', 'NetworkReady'].map((type) => ({ type, status: true }));
    return { status: { conditions }, runtimeHandlers: [{ name: '', features: {} }], features: {} };
  }

  override async runtimeConfig(): Promise<Answer<typeof cri.RuntimeConfigResponseSchema>> {
    return { linux: { cgroupDriver: CgroupDriver.CGROUPFS } };
  }

  override async runPodSandbox({
    config,
    runtimeHandler,
  }: cri.RunPodSandboxRequest): Promise<{ podSandboxId: string }> {
    if (config?.metadata === undefined) throw invalidArgument({ field: 'config.metadata', reason: 'is required' });
    if (runtimeHandler !== '')
      throw invalidArgument({ field: 'runtime_handler', reason: `'${runtimeHandler}' is unknown` });
    const { name, namespace, uid, attempt } = config.metadata;
    const same = [...this.#sandboxes.values()].find(
      ({ config: { metadata } }) =>
        metadata?.uid === uid &&
        metadata.name === name &&
        metadata.namespace === namespace &&
        metadata.attempt === attempt,
    );
    if (same !== undefined) return { podSandboxId: same.id };
    const id = this.#id();
    const state = PodSandboxState.SANDBOX_READY;
    this.#sandboxes.set(id, { id, config, handler: runtimeHandler, createdAt: this.#now(), state });
    return { podSandboxId: id };
  }

  override async stopPodSandbox({ podSandboxId }: cri.StopPodSandboxRequest): Promise<object> {
    const sandbox = this.#sandboxes.get(podSandboxId);
    if (sandbox === undefined) return {};
    await Promise.all(this.#containersOf(sandbox).map((container) => this.#stop(container)));
    sandbox.state = PodSandboxState.SANDBOX_NOTREADY;
    return {};
  }

  override async removePodSandbox(request: cri.RemovePodSandboxRequest): Promise<object> {
    await this.stopPodSandbox({ ...request, $typeName: 'runtime.v1.StopPodSandboxRequest' });
    const sandbox = this.#sandboxes.get(request.podSandboxId);
    if (sandbox === undefined) return {};
    for (const { id } of this.#containersOf(sandbox)) this.#containers.delete(id);
    this.#sandboxes.delete(sandbox.id);
    return {};
  }

  override async podSandboxStatus({
    podSandboxId,
  }: cri.PodSandboxStatusRequest): Promise<Answer<typeof cri.PodSandboxStatusResponseSchema>> {
    const sandbox = this.#sandbox(podSandboxId);
    const containersStatuses = this.#containersOf(sandbox).map(containerStatus);
    return { status: sandboxStatus(sandbox), containersStatuses, timestamp: this.#now() };
  }

  override async listPodSandbox({
    filter,
  }: cri.ListPodSandboxRequest): Promise<Answer<typeof cri.ListPodSandboxResponseSchema>> {
    const items = [...this.#sandboxes.values()].filter(
      ({ id, state, config }) =>
        matches(filter?.id, id) &&
        (filter?.state === undefined || filter.state.state === state) &&
        hasLabels(config.labels, filter?.labelSelector),
    );
    return { items: items.map(sandboxEntry).reverse() };
  }

  override async createContainer(request: cri.CreateContainerRequest): Promise<{ containerId: string }> {
    const { podSandboxId, config } = request;
    const sandbox = this.#sandbox(podSandboxId);
    if (sandbox.state !== PodSandboxState.SANDBOX_READY) throw failed(`sandbox ${podSandboxId} is not ready`);
    if (config === undefined) throw invalidArgument({ field: 'config', reason: 'is required' });
    const same = this.#containersOf(sandbox).find(
      ({ config: { metadata } }) =>
        metadata?.name === config.metadata?.name && metadata?.attempt === config.metadata?.attempt,
    );
    if (same !== undefined) return { containerId: same.id };
    const image = this.images.find(config.image?.image ?? '');
    if (image === undefined) throw missing('image', config.image?.image ?? '');
    const id = this.#id();
    this.#containers.set(id, {
      id,
      sandbox,
      config,
      imageId: image.id,
      createdAt: this.#now(),
      stopping: new AbortController(),
      state: ContainerState.CONTAINER_CREATED,
      startedAt: 0n,
      finishedAt: 0n,
      exitCode: 0,
      ended: Promise.resolve(),
    });
    this.#tell(id, ContainerEventType.CONTAINER_CREATED_EVENT);
    return { containerId: id };
  }

  override async startContainer({ containerId }: cri.StartContainerRequest): Promise<object> {
    const container = this.#container(containerId);
    if (container.state !== ContainerState.CONTAINER_CREATED)
      throw failed(`container ${containerId} was started already`);
    const { command, args } = container.config;
    container.state = ContainerState.CONTAINER_RUNNING;
    container.startedAt = this.#now();
    this.#tell(containerId, ContainerEventType.CONTAINER_STARTED_EVENT);
    container.ended = this.#untilEnd(container, [...command, ...args]);
    return {};
  }

  override async stopContainer({ containerId }: cri.StopContainerRequest): Promise<object> {
    const container = this.#containers.get(containerId);
    if (container !== undefined) await this.#stop(container);
    return {};
  }

  override async removeContainer({ containerId }: cri.RemoveContainerRequest): Promise<object> {
    const container = this.#containers.get(containerId);
    if (container === undefined) return {};
    await this.#stop(container);
    this.#containers.delete(containerId);
    this.#tell(containerId, ContainerEventType.CONTAINER_DELETED_EVENT);
    return {};
  }

  override async listContainers({
    filter,
  }: cri.ListContainersRequest): Promise<Answer<typeof cri.ListContainersResponseSchema>> {
    const found = [...this.#containers.values()].filter(
      ({ id, sandbox, state, config }) =>
        matches(filter?.id, id) &&
        matches(filter?.podSandboxId, sandbox.id) &&
        (filter?.state === undefined || filter.state.state === state) &&
        hasLabels(config.labels, filter?.labelSelector),
    );
    return { containers: found.map(containerEntry).reverse() };
  }

  override async containerStatus({
    containerId,
  }: cri.ContainerStatusRequest): Promise<Answer<typeof cri.ContainerStatusResponseSchema>> {
    return { status: containerStatus(this.#container(containerId)) };
  }

  override async execSync({
    containerId,
    cmd,
    timeout,
  }: cri.ExecSyncRequest): Promise<Answer<typeof cri.ExecSyncResponseSchema>> {
    const container = this.#container(containerId);
    if (container.state !== ContainerState.CONTAINER_RUNNING) throw failed(`container ${containerId} does not run`);
    const late = new AbortController();
    const wait = Number(timeout) * 1_000;
    const timer = timeout > 0n ? this.#options.clock.setTimer(wait, () => late.abort()) : undefined;
    const output = await this.#run(cmd, AbortSignal.any([late.signal, container.stopping.signal]));
    timer?.cancel();
    if (late.signal.aborted) throw new GrpcStatusError(Code.DEADLINE_EXCEEDED, `command ${cmd.join(' ')} timed out`);
    return {
      stdout: Buffer.from(output.stdout ?? ''),
      stderr: Buffer.from(output.stderr ?? ''),
      exitCode: output.exitCode,
    };
  }

  override getContainerEvents(
    _request: cri.GetEventsRequest,
    { signal, draining }: CallContext,
  ): AsyncIterable<Answer<typeof cri.ContainerEventResponseSchema>> {
    return this.#events.subscribe(AbortSignal.any([signal, draining]));
  }

  async #untilEnd(container: FakeContainer, command: readonly string[]): Promise<void> {
    const { exitCode } = await this.#run(command, container.stopping.signal);
    container.state = ContainerState.CONTAINER_EXITED;
    container.finishedAt = this.#now();
    container.exitCode = exitCode;
    this.#tell(container.id, ContainerEventType.CONTAINER_STOPPED_EVENT);
  }

  async #stop(container: FakeContainer): Promise<void> {
    container.stopping.abort();
    await container.ended;
  }

  async #run([name = '', ...args]: readonly string[], signal: AbortSignal): Promise<FakeProgramOutput> {
    const program = this.#programs.get(name);
    return program === undefined ? { stderr: `${name}: not found\n`, exitCode: 127 } : program(args, signal);
  }

  #tell(containerId: string, containerEventType: ContainerEventType): void {
    this.#events.publish({ containerId, containerEventType, createdAt: this.#now() });
  }

  #containersOf(sandbox: FakeSandbox): FakeContainer[] {
    return [...this.#containers.values()].filter((container) => container.sandbox === sandbox);
  }

  #sandbox(id: string): FakeSandbox {
    return this.#sandboxes.get(id) ?? fail(missing('sandbox', id));
  }

  #container(id: string): FakeContainer {
    return this.#containers.get(id) ?? fail(missing('container', id));
  }

  #id(): string {
    return Buffer.from(this.#options.random.bytes(32)).toString('hex');
  }

  #now(): bigint {
    return BigInt(Math.round(this.#options.clock.now())) * 1_000_000n;
  }
}

function missing(kind: string, id: string): GrpcStatusError {
  return new GrpcStatusError(Code.NOT_FOUND, `there is no ${kind} '${id}'`);
}

function failed(text: string): GrpcStatusError {
  return new GrpcStatusError(Code.FAILED_PRECONDITION, text);
}

function fail(error: Error): never {
  throw error;
}

/** Whether an id passes a filter that may be left empty. */
function matches(wanted: string | undefined, id: string): boolean {
  return wanted === undefined || wanted === '' || wanted === id;
}
