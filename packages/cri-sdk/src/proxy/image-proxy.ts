/**
 * Standing between a kubelet and a runtime: everything is forwarded, and a subclass changes single calls. Neighbours:
 * `client` carries the calls. What streams through URLs (exec, attach, port-forward) goes past the proxy, unless a subclass
 * answers a URL of its own.
 */
import { Clock, inject } from '@kubewright/core';
import type { CallContext } from '@kubewright/grpc';
import type { CriClient } from '../client/cri-client.js';
import type * as cri from '../generated/runtime/v1/cri_pb.js';
import type { Answer } from '../service/answer.js';
import { ImageService } from '../service/image-service.js';
import { Upstream, forwardedOptions } from './upstream.js';

/** Forwards the image service of another runtime; see `RuntimeProxy`. Credentials of pulls pass through it. */
export class ImageProxy extends ImageService {
  readonly #clock: Clock;
  /** The other runtime, for calls of a subclass's own. */
  protected readonly upstream: CriClient['images'];

  constructor(@inject(Upstream) client: CriClient, @inject(Clock) clock: Clock) {
    super();
    this.upstream = client.images;
    this.#clock = clock;
  }

  override listImages(
    request: cri.ListImagesRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListImagesResponseSchema>> {
    return this.upstream.listImages(request, forwardedOptions(this.#clock, context));
  }

  override imageStatus(
    request: cri.ImageStatusRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ImageStatusResponseSchema>> {
    return this.upstream.imageStatus(request, forwardedOptions(this.#clock, context));
  }

  override pullImage(
    request: cri.PullImageRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.PullImageResponseSchema>> {
    return this.upstream.pullImage(request, forwardedOptions(this.#clock, context));
  }

  override removeImage(
    request: cri.RemoveImageRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RemoveImageResponseSchema>> {
    return this.upstream.removeImage(request, forwardedOptions(this.#clock, context));
  }

  override imageFsInfo(
    request: cri.ImageFsInfoRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ImageFsInfoResponseSchema>> {
    return this.upstream.imageFsInfo(request, forwardedOptions(this.#clock, context));
  }

  override streamImages(
    request: cri.StreamImagesRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamImagesResponseSchema>> {
    return this.upstream.streamImages(request, forwardedOptions(this.#clock, context));
  }
}
