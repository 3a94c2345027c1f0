import { create } from '@bufbuild/protobuf';
import { Code, GrpcService, GrpcStatusError } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import {
  ListContainerStatsRequestSchema,
  ListContainersRequestSchema,
  ListPodSandboxMetricsRequestSchema,
  ListPodSandboxRequestSchema,
  ListPodSandboxStatsRequestSchema,
  RuntimeService as RuntimeServiceDefinition,
} from '../generated/runtime/v1/cri_pb.js';
import type * as cri from '../generated/runtime/v1/cri_pb.js';
import type { Answer } from './answer.js';
import { batches } from './batches.js';
import { requestLimits, runtimeRules, runtimeValidators } from './request-rules.js';
import { validateRequests } from './validate-requests.js';

/**
 * A container runtime as a class: extend it, and serve an object of your class with `serveRuntime`.
 *
 * The abstract methods are those without which a kubelet runs no pod; what else is missing answers UNIMPLEMENTED. A request
 * reaches a method only after its required fields were checked. What a method throws becomes the status of the call: throw
 * a `GrpcStatusError` to choose it. A kubelet looks at NOT_FOUND, UNIMPLEMENTED, DEADLINE_EXCEEDED and UNAVAILABLE; any
 * other code is only text in an event. `context.signal` aborts when the caller stops waiting.
 */
@GrpcService(RuntimeServiceDefinition, { limits: requestLimits, methods: runtimeRules })
export abstract class RuntimeService {
  /**
   * Names the runtime and the interface version, `v1`. A kubelet asks first and refuses a runtime that leaves a field
   * empty.
   */
  abstract version(
    request: cri.VersionRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.VersionResponseSchema>>;

  /**
   * Says whether the runtime (`RuntimeReady`) and its network (`NetworkReady`) can take work, and which optional
   * features its handlers have. Asked every five seconds.
   */
  abstract status(request: cri.StatusRequest, context: CallContext): Promise<Answer<typeof cri.StatusResponseSchema>>;

  /**
   * Says which cgroup driver paths of cgroups are written for. Kubelets from 1.38 on refuse a runtime that does not
   * answer.
   */
  abstract runtimeConfig(
    request: cri.RuntimeConfigRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RuntimeConfigResponseSchema>>;

  /**
   * Makes a sandbox and brings it to READY, or leaves nothing behind. The same request, sent again after a deadline,
   * gets the sandbox of the first one.
   */
  abstract runPodSandbox(
    request: cri.RunPodSandboxRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RunPodSandboxResponseSchema>>;

  /**
   * Kills what runs in a sandbox and gives its network back. Called many times; a sandbox that is missing counts as
   * stopped.
   */
  abstract stopPodSandbox(
    request: cri.StopPodSandboxRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.StopPodSandboxResponseSchema>>;

  /** Removes a sandbox with its containers, running ones included. A sandbox that is missing counts as removed. */
  abstract removePodSandbox(
    request: cri.RemovePodSandboxRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RemovePodSandboxResponseSchema>>;

  /**
   * Describes a sandbox; NOT_FOUND where there is none. The namespace options have to be those it was made with: a
   * kubelet makes the pod anew when they differ.
   */
  abstract podSandboxStatus(
    request: cri.PodSandboxStatusRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.PodSandboxStatusResponseSchema>>;

  /** Lists sandboxes that fit all parts of the filter. Answer from memory: it is asked every second. */
  abstract listPodSandbox(
    request: cri.ListPodSandboxRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListPodSandboxResponseSchema>>;

  /**
   * Prepares a container in a READY sandbox without starting it. The same request, sent again after a deadline, gets
   * the container of the first one.
   */
  abstract createContainer(
    request: cri.CreateContainerRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.CreateContainerResponseSchema>>;

  /**
   * Starts a created container. One that runs or ran cannot be started; where the start fails, the container is left
   * EXITED with code 128.
   */
  abstract startContainer(
    request: cri.StartContainerRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.StartContainerResponseSchema>>;

  /**
   * Sends the stop signal, and KILL after `timeout` seconds; a timeout of 0 kills at once. A container that is
   * missing or has ended counts as stopped.
   */
  abstract stopContainer(
    request: cri.StopContainerRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.StopContainerResponseSchema>>;

  /** Removes a container, a running one too. A container that is missing counts as removed. */
  abstract removeContainer(
    request: cri.RemoveContainerRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RemoveContainerResponseSchema>>;

  /** Lists containers that fit all parts of the filter. Answer from memory: it is asked every second. */
  abstract listContainers(
    request: cri.ListContainersRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListContainersResponseSchema>>;

  /** Describes a container; NOT_FOUND where there is none. */
  abstract containerStatus(
    request: cri.ContainerStatusRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ContainerStatusResponseSchema>>;

  /** Changes limits of a container: all of them, or on an error none. */
  updateContainerResources?(
    request: cri.UpdateContainerResourcesRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.UpdateContainerResourcesResponseSchema>>;

  /** Changes what the pod as a whole may use, after a resize. */
  updatePodSandboxResources?(
    request: cri.UpdatePodSandboxResourcesRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.UpdatePodSandboxResourcesResponseSchema>>;

  /**
   * Opens the log file of a running container anew, after somebody renamed it. On an error it must not have made the
   * file.
   */
  reopenContainerLog?(
    request: cri.ReopenContainerLogRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ReopenContainerLogResponseSchema>>;

  /**
   * Runs a command and answers its output, at most 16 MiB of each stream. After `timeout` seconds (0: never) the
   * command's processes are killed and the answer is DEADLINE_EXCEEDED.
   */
  execSync?(request: cri.ExecSyncRequest, context: CallContext): Promise<Answer<typeof cri.ExecSyncResponseSchema>>;

  /** Answers a URL, good for one use, at which a command's streams are served. */
  exec?(request: cri.ExecRequest, context: CallContext): Promise<Answer<typeof cri.ExecResponseSchema>>;

  /** Answers a URL, good for one use, at which the streams of the container's first process are served. */
  attach?(request: cri.AttachRequest, context: CallContext): Promise<Answer<typeof cri.AttachResponseSchema>>;

  /** Answers a URL, good for one use, through which connections to ports of the sandbox are made. */
  portForward?(
    request: cri.PortForwardRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.PortForwardResponseSchema>>;

  /** What a container uses; NOT_FOUND where there is none. */
  containerStats?(
    request: cri.ContainerStatsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ContainerStatsResponseSchema>>;

  /** What the running containers that fit the filter use. */
  listContainerStats?(
    request: cri.ListContainerStatsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListContainerStatsResponseSchema>>;

  /** What a pod uses, its network included; NOT_FOUND where there is none. */
  podSandboxStats?(
    request: cri.PodSandboxStatsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.PodSandboxStatsResponseSchema>>;

  /** What the pods that fit the filter use. */
  listPodSandboxStats?(
    request: cri.ListPodSandboxStatsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListPodSandboxStatsResponseSchema>>;

  /** Tells the node's range of pod addresses. */
  updateRuntimeConfig?(
    request: cri.UpdateRuntimeConfigRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.UpdateRuntimeConfigResponseSchema>>;

  /** Writes the state of a running container to a file. */
  checkpointContainer?(
    request: cri.CheckpointContainerRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.CheckpointContainerResponseSchema>>;

  /** Writes the state of a pod and its containers to a directory; unknown options are refused. */
  checkpointPod?(
    request: cri.CheckpointPodRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.CheckpointPodResponseSchema>>;

  /** Makes a pod from a checkpoint; unknown options are refused. */
  restorePod?(
    request: cri.RestorePodRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RestorePodResponseSchema>>;

  /**
   * Tells what happens to containers and sandboxes, from now on and without an end of its own. A slow reader must not
   * hold up the runtime.
   */
  getContainerEvents?(
    request: cri.GetEventsRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.ContainerEventResponseSchema>>;

  /** The metrics that `listPodSandboxMetrics` gives, with their label names. */
  listMetricDescriptors?(
    request: cri.ListMetricDescriptorsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListMetricDescriptorsResponseSchema>>;

  /** The metrics of all pods, as a node's /metrics/cadvisor shows them. */
  listPodSandboxMetrics?(
    request: cri.ListPodSandboxMetricsRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListPodSandboxMetricsResponseSchema>>;

  /** `listPodSandbox` in batches; a runtime overrides it only to begin before it has the whole list. */
  async *streamPodSandboxes(
    request: cri.StreamPodSandboxesRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamPodSandboxesResponseSchema>> {
    const { items } = await this.listPodSandbox(
      create(ListPodSandboxRequestSchema, request.filter === undefined ? {} : { filter: request.filter }),
      context,
    );
    for (const batch of batches(items)) yield { podSandboxes: batch };
  }

  /** `listContainers` in batches; a runtime overrides it only to begin before it has the whole list. */
  async *streamContainers(
    request: cri.StreamContainersRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamContainersResponseSchema>> {
    const { containers } = await this.listContainers(
      create(ListContainersRequestSchema, request.filter === undefined ? {} : { filter: request.filter }),
      context,
    );
    for (const batch of batches(containers)) yield { containers: batch };
  }

  /** `listContainerStats` in batches; a runtime overrides it only to begin before it has the whole list. */
  async *streamContainerStats(
    request: cri.StreamContainerStatsRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamContainerStatsResponseSchema>> {
    if (this.listContainerStats === undefined) throw notServed('StreamContainerStats');
    const { stats } = await this.listContainerStats(
      create(ListContainerStatsRequestSchema, request.filter === undefined ? {} : { filter: request.filter }),
      context,
    );
    for (const batch of batches(stats)) yield { containerStats: batch };
  }

  /** `listPodSandboxStats` in batches; a runtime overrides it only to begin before it has the whole list. */
  async *streamPodSandboxStats(
    request: cri.StreamPodSandboxStatsRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamPodSandboxStatsResponseSchema>> {
    if (this.listPodSandboxStats === undefined) throw notServed('StreamPodSandboxStats');
    const { stats } = await this.listPodSandboxStats(
      create(ListPodSandboxStatsRequestSchema, request.filter === undefined ? {} : { filter: request.filter }),
      context,
    );
    for (const batch of batches(stats)) yield { podSandboxStats: batch };
  }

  /** `listPodSandboxMetrics` in batches; a runtime overrides it only to begin before it has the whole list. */
  async *streamPodSandboxMetrics(
    _request: cri.StreamPodSandboxMetricsRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamPodSandboxMetricsResponseSchema>> {
    if (this.listPodSandboxMetrics === undefined) throw notServed('StreamPodSandboxMetrics');
    const { podMetrics } = await this.listPodSandboxMetrics(create(ListPodSandboxMetricsRequestSchema, {}), context);
    for (const batch of batches(podMetrics)) yield { podSandboxMetrics: batch };
  }
}
validateRequests(RuntimeService.prototype, runtimeValidators);

function notServed(method: string): GrpcStatusError {
  return new GrpcStatusError(Code.UNIMPLEMENTED, `this runtime does not serve ${method}`);
}
