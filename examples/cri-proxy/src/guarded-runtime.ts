import { create } from '@bufbuild/protobuf';
import type { Clock } from '@kubewright/core';
import { ImageProxy, RuntimeProxy } from '@kubewright/cri-sdk';
import type { CriClient } from '@kubewright/cri-sdk';
import { AuthConfigSchema } from '@kubewright/cri-sdk/v1';
import type * as cri from '@kubewright/cri-sdk/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';

/** Passes everything on but privileged containers, which it refuses whoever asks. */
export class GuardedRuntime extends RuntimeProxy {
  override async createContainer(request: cri.CreateContainerRequest, context: CallContext) {
    const { metadata, linux } = request.config ?? {};
    if (linux?.securityContext?.privileged === true) {
      context.logger.warn('a privileged container was refused', { container: metadata?.name });
      throw new GrpcStatusError(Code.PERMISSION_DENIED, 'privileged containers are not allowed on this node');
    }
    return super.createContainer(request, context);
  }
}

/** Gives the password of one registry to the runtime, so that no pod has to carry it. */
export class AuthenticatedImages extends ImageProxy {
  readonly #registry: string;
  readonly #auth: { readonly username: string; readonly password: string };

  constructor(upstream: CriClient, clock: Clock, registry: string, auth: { username: string; password: string }) {
    super(upstream, clock);
    this.#registry = registry;
    this.#auth = auth;
  }

  override async pullImage(request: cri.PullImageRequest, context: CallContext) {
    const isOurs = request.image?.image.startsWith(`${this.#registry}/`) === true;
    if (!isOurs || request.auth !== undefined) return super.pullImage(request, context);
    return super.pullImage({ ...request, auth: create(AuthConfigSchema, this.#auth) }, context);
  }
}
