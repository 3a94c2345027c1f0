import { Clock, inject } from '@kubewright/core';
import type { CallContext } from '@kubewright/grpc';
import type { CriClient } from '../client/cri-client.js';
import type * as cri from '../generated/runtime/v1/cri_pb.js';
import type { Answer } from '../service/answer.js';
import { RuntimeService } from '../service/runtime-service.js';
import { Upstream, forwardedOptions } from './upstream.js';

/**
 * Forwards the runtime service of another runtime. Override a method to change one call, and call `super` to go on:
 *
 * ```ts
 * class Audited extends RuntimeProxy {
 *   override async createContainer(request: CreateContainerRequest, context: CallContext) {
 *     context.logger.info('container asked for', { image: request.config?.image?.image });
 *     return super.createContainer(request, context);
 *   }
 * }
 * ```
 *
 * A method that the other runtime does not serve answers UNIMPLEMENTED here, too. Deadline and cancellation of the caller
 * are passed on.
 */
export class RuntimeProxy extends RuntimeService {
  readonly #clock: Clock;
  /** The other runtime, for calls of a subclass's own. */
  protected readonly upstream: CriClient['runtime'];

  constructor(@inject(Upstream) client: CriClient, @inject(Clock) clock: Clock) {
    super();
    this.upstream = client.runtime;
    this.#clock = clock;
  }

  override version(
    request: cri.VersionRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.VersionResponseSchema>> {
    return this.upstream.version(request, forwardedOptions(this.#clock, context));
  }

  override status(request: cri.StatusRequest, context: CallContext): Promise<Answer<typeof cri.StatusResponseSchema>> {
    return this.upstream.status(request, forwardedOptions(this.#clock, context));
  }

  override runtimeConfig(
    request: cri.RuntimeConfigRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RuntimeConfigResponseSchema>> {
    return this.upstream.runtimeConfig(request, forwardedOptions(this.#clock, context));
  }

  override runPodSandbox(
    request: cri.RunPodSandboxRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RunPodSandboxResponseSchema>> {
    return this.upstream.runPodSandbox(request, forwardedOptions(this.#clock, context));
  }

  override stopPodSandbox(
    request: cri.StopPodSandboxRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.StopPodSandboxResponseSchema>> {
    return this.upstream.stopPodSandbox(request, forwardedOptions(this.#clock, context));
  }

  override removePodSandbox(
    request: cri.RemovePodSandboxRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RemovePodSandboxResponseSchema>> {
    return this.upstream.removePodSandbox(request, forwardedOptions(this.#clock, context));
  }

  override podSandboxStatus(
    request: cri.PodSandboxStatusRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.PodSandboxStatusResponseSchema>> {
    return this.upstream.podSandboxStatus(request, forwardedOptions(this.#clock, context));
  }

  override listPodSandbox(
    request: cri.ListPodSandboxRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListPodSandboxResponseSchema>> {
    return this.upstream.listPodSandbox(request, forwardedOptions(this.#clock, context));
  }

  override createContainer(
    request: cri.CreateContainerRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.CreateContainerResponseSchema>> {
    return this.upstream.createContainer(request, forwardedOptions(this.#clock, context));
  }

  override startContainer(
    request: cri.StartContainerRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.StartContainerResponseSchema>> {
    return this.upstream.startContainer(request, forwardedOptions(this.#clock, context));
  }

  override stopContainer(
    request: cri.StopContainerRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.StopContainerResponseSchema>> {
    return this.upstream.stopContainer(request, forwardedOptions(this.#clock, context));
  }

  override removeContainer(
    request: cri.RemoveContainerRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RemoveContainerResponseSchema>> {
    return this.upstream.removeContainer(request, forwardedOptions(this.#clock, context));
  }

  override listContainers(
    request: cri.ListContainersRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListContainersResponseSchema>> {
    return this.upstream.listContainers(request, forwardedOptions(this.#clock, context));
  }

  override containerStatus(
    request: cri.ContainerStatusRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ContainerStatusResponseSchema>> {
    return this.upstream.containerStatus(request, forwardedOptions(this.#clock, context));
  }

  override updateContainerResources(
    request: cri.UpdateContainerResourcesRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.UpdateContainerResourcesResponseSchema>> {
    return this.upstream.updateContainerResources(request, forwardedOptions(this.#clock, context));
  }

  override updatePodSandboxResources(
    request: cri.UpdatePodSandboxResourcesRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.UpdatePodSandboxResourcesResponseSchema>> {
    return this.upstream.updatePodSandboxResources(request, forwardedOptions(this.#clock, context));
  }

  override reopenContainerLog(
    request: cri.ReopenContainerLogRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ReopenContainerLogResponseSchema>> {
    return this.upstream.reopenContainerLog(request, forwardedOptions(this.#clock, context));
  }

  override execSync(
    request: cri.ExecSyncRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ExecSyncResponseSchema>> {
    return this.upstream.execSync(request, forwardedOptions(this.#clock, context));
  }

  override exec(request: cri.ExecRequest, context: CallContext): Promise<Answer<typeof cri.ExecResponseSchema>> {
    return this.upstream.exec(request, forwardedOptions(this.#clock, context));
  }

  override attach(request: cri.AttachRequest, context: CallContext): Promise<Answer<typeof cri.AttachResponseSchema>> {
    return this.upstream.attach(request, forwardedOptions(this.#clock, context));
  }

  override portForward(
    request: cri.PortForwardRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.PortForwardResponseSchema>> {
    return this.upstream.portForward(request, forwardedOptions(this.#clock, context));
  }

  override containerStats(
    request: cri.ContainerStatsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ContainerStatsResponseSchema>> {
    return this.upstream.containerStats(request, forwardedOptions(this.#clock, context));
  }

  override listContainerStats(
    request: cri.ListContainerStatsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListContainerStatsResponseSchema>> {
    return this.upstream.listContainerStats(request, forwardedOptions(this.#clock, context));
  }

  override podSandboxStats(
    request: cri.PodSandboxStatsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.PodSandboxStatsResponseSchema>> {
    return this.upstream.podSandboxStats(request, forwardedOptions(this.#clock, context));
  }

  override listPodSandboxStats(
    request: cri.ListPodSandboxStatsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListPodSandboxStatsResponseSchema>> {
    return this.upstream.listPodSandboxStats(request, forwardedOptions(this.#clock, context));
  }

  override updateRuntimeConfig(
    request: cri.UpdateRuntimeConfigRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.UpdateRuntimeConfigResponseSchema>> {
    return this.upstream.updateRuntimeConfig(request, forwardedOptions(this.#clock, context));
  }

  override checkpointContainer(
    request: cri.CheckpointContainerRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.CheckpointContainerResponseSchema>> {
    return this.upstream.checkpointContainer(request, forwardedOptions(this.#clock, context));
  }

  override checkpointPod(
    request: cri.CheckpointPodRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.CheckpointPodResponseSchema>> {
    return this.upstream.checkpointPod(request, forwardedOptions(this.#clock, context));
  }

  override restorePod(
    request: cri.RestorePodRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RestorePodResponseSchema>> {
    return this.upstream.restorePod(request, forwardedOptions(this.#clock, context));
  }

  override getContainerEvents(
    request: cri.GetEventsRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.ContainerEventResponseSchema>> {
    return this.upstream.getContainerEvents(request, forwardedOptions(this.#clock, context));
  }

  override listMetricDescriptors(
    request: cri.ListMetricDescriptorsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListMetricDescriptorsResponseSchema>> {
    return this.upstream.listMetricDescriptors(request, forwardedOptions(this.#clock, context));
  }

  override listPodSandboxMetrics(
    request: cri.ListPodSandboxMetricsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListPodSandboxMetricsResponseSchema>> {
    return this.upstream.listPodSandboxMetrics(request, forwardedOptions(this.#clock, context));
  }

  override streamPodSandboxes(
    request: cri.StreamPodSandboxesRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamPodSandboxesResponseSchema>> {
    return this.upstream.streamPodSandboxes(request, forwardedOptions(this.#clock, context));
  }

  override streamContainers(
    request: cri.StreamContainersRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamContainersResponseSchema>> {
    return this.upstream.streamContainers(request, forwardedOptions(this.#clock, context));
  }

  override streamContainerStats(
    request: cri.StreamContainerStatsRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamContainerStatsResponseSchema>> {
    return this.upstream.streamContainerStats(request, forwardedOptions(this.#clock, context));
  }

  override streamPodSandboxStats(
    request: cri.StreamPodSandboxStatsRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamPodSandboxStatsResponseSchema>> {
    return this.upstream.streamPodSandboxStats(request, forwardedOptions(this.#clock, context));
  }

  override streamPodSandboxMetrics(
    request: cri.StreamPodSandboxMetricsRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamPodSandboxMetricsResponseSchema>> {
    return this.upstream.streamPodSandboxMetrics(request, forwardedOptions(this.#clock, context));
  }
}
