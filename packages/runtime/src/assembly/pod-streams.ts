import type { StreamingRuntime } from '@kubewright/cri-sdk';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { attachContainer } from '../containers/attach-container.js';
import type { ContainerExec } from '../containers/container-exec.js';
import type { Container } from '../containers/container-record.js';
import { usesHostNetwork } from '../sandboxes/pod-hostname.js';
import { forwardPort } from '../sandboxes/port-forward.js';
import type { PodParts } from './pod-parts.js';

/** What the streaming server connects its clients to. */
export function podStreams(parts: PodParts, exec: ContainerExec): StreamingRuntime {
  const { sandboxes, containers, namespaces, monitor } = parts;
  const running = (id: string): Container => {
    const container = containers.find(id);
    if (container?.phase === 'running') return container;
    throw new GrpcStatusError(Code.FAILED_PRECONDITION, `container ${id} does not run`);
  };
  return {
    exec: async ({ containerId, cmd }, streams, signal) => exec.stream(running(containerId), cmd, streams, signal),
    attach: async ({ containerId }, streams, signal) =>
      attachContainer(monitor, containers.bundle(running(containerId).id), streams, signal),
    portForward: async (id, port, stream, signal) => {
      const sandbox = sandboxes.find(id);
      if (sandbox?.phase !== 'ready') throw new GrpcStatusError(Code.NOT_FOUND, `sandbox ${id} is not ready`);
      const netns = usesHostNetwork(sandbox.config) ? undefined : namespaces.path(id, 'net');
      await forwardPort(netns, port, stream, signal);
    },
  };
}
