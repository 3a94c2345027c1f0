import { CriClient, RuntimeProxy, criServer } from '@kubewright/cri-sdk';
import type * as cri from '@kubewright/cri-sdk/v1';
import { SystemClock } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';

/** Everything is passed on to the runtime behind it, but privileged containers. */
class GuardedRuntime extends RuntimeProxy {
  override async createContainer(request: cri.CreateContainerRequest, context: CallContext) {
    if (request.config?.linux?.securityContext?.privileged === true)
      throw new GrpcStatusError(Code.PERMISSION_DENIED, 'privileged containers are not allowed on this node');
    return super.createContainer(request, context);
  }
}

const clock = new SystemClock();
const upstream = new CriClient({ address: 'unix:///run/containerd/containerd.sock', clock });
await criServer({ runtime: new GuardedRuntime(upstream, clock), address: 'unix:///run/guarded.sock', clock }).start();
