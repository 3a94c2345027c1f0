import type { Clock } from '@kubewright/core';
import { RuntimeService } from '@kubewright/cri-sdk';
import type { Answer, ContainerEvents, StreamingServer } from '@kubewright/cri-sdk';
import { CgroupDriver } from '@kubewright/cri-sdk/v1';
import type * as cri from '@kubewright/cri-sdk/v1';
import { Code, GrpcStatusError, invalidArgument } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import type { ContainerExec } from '../containers/container-exec.js';
import type { ContainerManager } from '../containers/container-manager.js';
import type { Container } from '../containers/container-record.js';
import type { ImageStore } from '../images/image-store.js';
import type { PodNetwork } from '../network/pod-network.js';
import { checkResources } from '../oci/linux-resources.js';
import type { KernelFeatures } from '../oci/kernel-features.js';
import type { SandboxManager } from '../sandboxes/sandbox-manager.js';
import type { Sandbox } from '../sandboxes/sandbox-record.js';
import { idsOf, oneId } from '../state/short-ids.js';
import type { UsageReports } from './usage-reports.js';
import { containerEntry, containerStatus, hasLabels, nanoseconds, sandboxEntry, sandboxStatus } from './status.js';

export interface CriRuntimeOptions {
  readonly version: string;
  readonly sandboxes: SandboxManager;
  readonly containers: ContainerManager;
  readonly images: ImageStore;
  readonly exec: ContainerExec;
  readonly usage: UsageReports;
  readonly streaming: StreamingServer;
  readonly events: ContainerEvents;
  readonly network: PodNetwork;
  /** Names of handlers; the empty one is the default. */
  readonly handlers: readonly string[];
  readonly features: KernelFeatures;
  readonly clock: Clock;
}

export class CriRuntime extends RuntimeService {
  readonly #parts: CriRuntimeOptions;

  constructor(options: CriRuntimeOptions) {
    super();
    this.#parts = options;
  }

  override async version(): Promise<Answer<typeof cri.VersionResponseSchema>> {
    return {
      version: '0.1.0',
      runtimeName: 'kubewright',
      runtimeVersion: this.#parts.version,
      runtimeApiVersion: 'v1',
    };
  }

  override async status(
    _request: cri.StatusRequest,
    { signal }: CallContext,
  ): Promise<Answer<typeof cri.StatusResponseSchema>> {
    const problem = await this.#parts.network.problem(signal);
    const network = {
      type: 'NetworkReady',
      status: problem === undefined,
      reason: problem === undefined ? '' : 'NetworkNotReady',
      message: problem ?? '',
    };
    return {
      status: { conditions: [{ type: 'RuntimeReady', status: true }, network] },
      runtimeHandlers: this.#parts.handlers.map((name) => ({
        name,
        features: this.#parts.features,
      })),
      features: { supplementalGroupsPolicy: true },
    };
  }

  override async runtimeConfig(): Promise<Answer<typeof cri.RuntimeConfigResponseSchema>> {
    return { linux: { cgroupDriver: CgroupDriver.CGROUPFS } };
  }

  /** Networks are configured at the node; the range of addresses that a kubelet knows is not needed. */
  override async updateRuntimeConfig(): Promise<object> {
    return {};
  }

  override async runPodSandbox({
    config,
    runtimeHandler,
  }: cri.RunPodSandboxRequest): Promise<{ podSandboxId: string }> {
    if (config === undefined) throw invalidArgument({ field: 'config', reason: 'is required' });
    if (!this.#parts.handlers.includes(runtimeHandler)) {
      throw invalidArgument({
        field: 'runtime_handler',
        reason: `names no handler of this runtime: '${runtimeHandler}'`,
      });
    }
    return { podSandboxId: (await this.#parts.sandboxes.create(config, runtimeHandler)).id };
  }

  override async stopPodSandbox({ podSandboxId }: cri.StopPodSandboxRequest): Promise<object> {
    const { sandboxes } = this.#parts;
    const sandboxId = this.#sandboxId(podSandboxId);
    await this.#stopContainersOf(sandboxId);
    await sandboxes.stop(sandboxId);
    // Those that were started meanwhile. Of a sandbox that has stopped none can be started any more.
    await this.#stopContainersOf(sandboxId);
    return {};
  }

  override async removePodSandbox({ podSandboxId }: cri.RemovePodSandboxRequest): Promise<object> {
    const { containers, sandboxes } = this.#parts;
    const sandboxId = this.#sandboxId(podSandboxId);
    const removeContainers = () => Promise.all(containers.inSandbox(sandboxId).map((id) => containers.remove(id)));
    await removeContainers();
    await sandboxes.stop(sandboxId);
    // Those that were made meanwhile. In a sandbox that has stopped none can be made any more.
    await removeContainers();
    await sandboxes.remove(sandboxId);
    return {};
  }

  override async podSandboxStatus({
    podSandboxId,
    verbose,
  }: cri.PodSandboxStatusRequest): Promise<Answer<typeof cri.PodSandboxStatusResponseSchema>> {
    const sandbox = this.#sandbox(podSandboxId);
    return {
      status: sandboxStatus(sandbox),
      containersStatuses: this.#containersOf(sandbox.id).map(containerStatus),
      timestamp: nanoseconds(this.#parts.clock.now()),
      info: verbose ? { addresses: JSON.stringify(sandbox.addresses) } : {},
    };
  }

  override async listPodSandbox({
    filter,
  }: cri.ListPodSandboxRequest): Promise<Answer<typeof cri.ListPodSandboxResponseSchema>> {
    const items = this.#sandboxesOf(filter?.id).map((sandbox) => ({ sandbox, entry: sandboxEntry(sandbox) }));
    const fitting = items.filter(
      ({ sandbox, entry }) =>
        (filter?.state === undefined || filter.state.state === entry.state) &&
        hasLabels(sandbox.config.labels, filter?.labelSelector),
    );
    return { items: fitting.map(({ entry }) => entry) };
  }

  override async createContainer({
    podSandboxId,
    config,
  }: cri.CreateContainerRequest): Promise<{ containerId: string }> {
    const sandbox = this.#sandbox(podSandboxId);
    if (sandbox.phase !== 'ready')
      throw new GrpcStatusError(Code.FAILED_PRECONDITION, `sandbox ${podSandboxId} is not ready`);
    if (config?.image === undefined) throw invalidArgument({ field: 'config.image', reason: 'is required' });
    const image = this.#parts.images.find(config.image.image);
    if (image === undefined)
      throw new GrpcStatusError(Code.NOT_FOUND, `the image '${config.image.image}' is not here: pull it first`);
    const { containers } = this.#parts;
    return {
      containerId: (
        await containers.create(sandbox, config, image, config.image.userSpecifiedImage || config.image.image)
      ).id,
    };
  }

  override async startContainer({ containerId }: cri.StartContainerRequest): Promise<object> {
    const { id, sandboxId } = this.#container(containerId);
    // Nothing is awaited from here until the start is in the container's queue, where whoever stops the pod waits for it.
    if (this.#parts.sandboxes.find(sandboxId)?.phase !== 'ready')
      throw new GrpcStatusError(Code.FAILED_PRECONDITION, `sandbox ${sandboxId} is not ready`);
    await this.#parts.containers.start(id);
    return {};
  }

  override async stopContainer({ containerId, timeout }: cri.StopContainerRequest): Promise<object> {
    await this.#parts.containers.stop(this.#containerId(containerId), Number(timeout) * 1000);
    return {};
  }

  override async removeContainer({ containerId }: cri.RemoveContainerRequest): Promise<object> {
    await this.#parts.containers.remove(this.#containerId(containerId));
    return {};
  }

  override async listContainers({
    filter,
  }: cri.ListContainersRequest): Promise<Answer<typeof cri.ListContainersResponseSchema>> {
    const found = this.#fitting(filter).map((container) => containerEntry(container));
    return { containers: found.filter(({ state }) => filter?.state === undefined || filter.state.state === state) };
  }

  override async containerStatus({
    containerId,
    verbose,
  }: cri.ContainerStatusRequest): Promise<Answer<typeof cri.ContainerStatusResponseSchema>> {
    const container = this.#container(containerId);
    return { status: containerStatus(container), info: verbose ? { pid: String(container.pid) } : {} };
  }

  override async updateContainerResources({
    containerId,
    linux,
    windows,
    annotations,
  }: cri.UpdateContainerResourcesRequest): Promise<object> {
    const { id } = this.#container(containerId);
    if (windows !== undefined) throw invalidArgument({ field: 'windows', reason: 'is for Windows, and this is Linux' });
    const [unknown] = Object.keys(annotations);
    if (unknown !== undefined)
      throw new GrpcStatusError(Code.UNIMPLEMENTED, `annotations change no resources here: leave out '${unknown}'`);
    if (linux === undefined) return {};
    checkResources(linux, 'linux');
    await this.#parts.containers.update(id, linux);
    return {};
  }

  override async updatePodSandboxResources({
    podSandboxId,
    overhead,
    resources,
  }: cri.UpdatePodSandboxResourcesRequest): Promise<object> {
    await this.#parts.sandboxes.update(this.#sandbox(podSandboxId).id, overhead, resources);
    return {};
  }

  override async reopenContainerLog({ containerId }: cri.ReopenContainerLogRequest): Promise<object> {
    await this.#parts.containers.reopenLog(this.#container(containerId).id);
    return {};
  }

  override async execSync(
    request: cri.ExecSyncRequest,
    { signal }: CallContext,
  ): Promise<Answer<typeof cri.ExecSyncResponseSchema>> {
    return this.#parts.exec.sync(
      this.#running(request.containerId),
      request.cmd,
      Number(request.timeout) * 1000,
      signal,
    );
  }

  override async exec(request: cri.ExecRequest): Promise<{ url: string }> {
    return this.#parts.streaming.exec({ ...request, containerId: this.#running(request.containerId).id });
  }

  override async attach(request: cri.AttachRequest): Promise<{ url: string }> {
    return this.#parts.streaming.attach({ ...request, containerId: this.#running(request.containerId).id });
  }

  override async portForward(request: cri.PortForwardRequest): Promise<{ url: string }> {
    return this.#parts.streaming.portForward({ ...request, podSandboxId: this.#sandbox(request.podSandboxId).id });
  }

  override async containerStats({
    containerId,
  }: cri.ContainerStatsRequest): Promise<Answer<typeof cri.ContainerStatsResponseSchema>> {
    return { stats: await this.#parts.usage.container(this.#container(containerId)) };
  }

  override async listContainerStats({
    filter,
  }: cri.ListContainerStatsRequest): Promise<Answer<typeof cri.ListContainerStatsResponseSchema>> {
    const running = this.#fitting(filter).filter(({ phase }) => phase === 'running');
    const stats = await Promise.allSettled(running.map((container) => this.#parts.usage.container(container)));
    // One that ended while it was looked at is not running any more.
    return { stats: stats.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])) };
  }

  override async podSandboxStats({
    podSandboxId,
  }: cri.PodSandboxStatsRequest): Promise<Answer<typeof cri.PodSandboxStatsResponseSchema>> {
    const sandbox = this.#sandbox(podSandboxId);
    return { stats: await this.#parts.usage.pod(sandbox, this.#containersOf(sandbox.id)) };
  }

  override async listPodSandboxStats({
    filter,
  }: cri.ListPodSandboxStatsRequest): Promise<Answer<typeof cri.ListPodSandboxStatsResponseSchema>> {
    const ready = this.#sandboxesOf(filter?.id).filter(
      ({ phase, config }) => phase === 'ready' && hasLabels(config.labels, filter?.labelSelector),
    );
    return {
      stats: await Promise.all(ready.map((sandbox) => this.#parts.usage.pod(sandbox, this.#containersOf(sandbox.id)))),
    };
  }

  override async listMetricDescriptors(): Promise<Answer<typeof cri.ListMetricDescriptorsResponseSchema>> {
    return { descriptors: this.#parts.usage.descriptors() };
  }

  override async listPodSandboxMetrics(): Promise<Answer<typeof cri.ListPodSandboxMetricsResponseSchema>> {
    const ready = this.#parts.sandboxes.list().filter(({ phase }) => phase === 'ready');
    const metrics = ready.map((sandbox) => this.#parts.usage.metrics(sandbox, this.#containersOf(sandbox.id)));
    return { podMetrics: await Promise.all(metrics) };
  }

  override getContainerEvents(
    _request: cri.GetEventsRequest,
    { signal, draining }: CallContext,
  ): AsyncIterable<Answer<typeof cri.ContainerEventResponseSchema>> {
    return this.#parts.events.subscribe(AbortSignal.any([signal, draining]));
  }

  #fitting(
    filter:
      | { readonly id: string; readonly podSandboxId: string; readonly labelSelector: Readonly<Record<string, string>> }
      | undefined,
  ): Container[] {
    const all = this.#parts.containers.list();
    const fitting = filter?.id ? this.#named(filter.id, all) : all;
    const [pod] = filter?.podSandboxId ? this.#named(filter.podSandboxId, this.#parts.sandboxes.list()) : [];
    return fitting.filter(
      ({ sandboxId, config }) =>
        (!filter?.podSandboxId || sandboxId === (pod?.id ?? filter.podSandboxId)) &&
        hasLabels(config.labels, filter?.labelSelector),
    );
  }

  /** The sandbox that a filter names, all where it names none. */
  #sandboxesOf(id: string | undefined): Sandbox[] {
    const all = this.#parts.sandboxes.list();
    return id ? this.#named(id, all) : all;
  }

  /** The one that a whole or short id names; none where it could be several. */
  #named<T extends { readonly id: string }>(word: string, all: readonly T[]): T[] {
    const [id, ...others] = idsOf(word, idsIn(all));
    return others.length > 0 ? [] : all.filter((one) => one.id === id);
  }

  async #stopContainersOf(sandboxId: string): Promise<void> {
    await Promise.all(this.#containersOf(sandboxId).map(({ id }) => this.#parts.containers.stop(id, 0)));
  }

  #containersOf(podSandboxId: string): Container[] {
    return this.#parts.containers.list().filter(({ sandboxId }) => sandboxId === podSandboxId);
  }

  /** The id that a whole or short one stands for; itself where there is none such. */
  #sandboxId(word: string): string {
    const { sandboxes } = this.#parts;
    return sandboxes.find(word)?.id ?? oneId(word, idsIn(sandboxes.list())) ?? word;
  }

  #containerId(word: string): string {
    const { containers } = this.#parts;
    return containers.find(word)?.id ?? oneId(word, idsIn(containers.list())) ?? word;
  }

  #sandbox(id: string): Sandbox {
    const sandbox = this.#parts.sandboxes.find(this.#sandboxId(id));
    if (sandbox === undefined) throw new GrpcStatusError(Code.NOT_FOUND, `there is no sandbox '${id}'`);
    return sandbox;
  }

  #container(id: string): Container {
    const container = this.#parts.containers.find(this.#containerId(id));
    if (container === undefined) throw new GrpcStatusError(Code.NOT_FOUND, `there is no container '${id}'`);
    return container;
  }

  #running(id: string): Container {
    const container = this.#container(id);
    if (container.phase !== 'running')
      throw new GrpcStatusError(Code.FAILED_PRECONDITION, `container ${id} does not run`);
    return container;
  }
}

function idsIn(all: readonly { readonly id: string }[]): string[] {
  return all.map(({ id }) => id);
}
