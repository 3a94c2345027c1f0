import { create } from '@bufbuild/protobuf';
import { GrpcService } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import { ImageService as ImageServiceDefinition, ListImagesRequestSchema } from '../generated/runtime/v1/cri_pb.js';
import type * as cri from '../generated/runtime/v1/cri_pb.js';
import type { Answer } from './answer.js';
import { batches } from './batches.js';
import { imageRules, imageValidators, requestLimits } from './request-rules.js';
import { validateRequests } from './validate-requests.js';

/** The images of a runtime as a class; see `RuntimeService` for how requests and errors are treated. */
@GrpcService(ImageServiceDefinition, { limits: requestLimits, methods: imageRules })
export abstract class ImageService {
  /** Lists images that fit the filter, each with all its tags and digests. */
  abstract listImages(
    request: cri.ListImagesRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ListImagesResponseSchema>>;

  /** Describes an image; where there is none the answer has no `image`, and is no error. */
  abstract imageStatus(
    request: cri.ImageStatusRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ImageStatusResponseSchema>>;

  /** Fetches an image and answers its id, the one that `listImages` shows. There is no deadline; the caller cancels. */
  abstract pullImage(
    request: cri.PullImageRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.PullImageResponseSchema>>;

  /** Removes an image with all its names, by any of them. An image that is missing counts as removed. */
  abstract removeImage(
    request: cri.RemoveImageRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.RemoveImageResponseSchema>>;

  /**
   * What the file systems of images and containers hold. The mount point has to be a path that the caller can look
   * at.
   */
  abstract imageFsInfo(
    request: cri.ImageFsInfoRequest,
    context: CallContext,
  ): Promise<Answer<typeof cri.ImageFsInfoResponseSchema>>;

  /** `listImages` in batches; a runtime overrides it only to begin before it has the whole list. */
  async *streamImages(
    request: cri.StreamImagesRequest,
    context: CallContext,
  ): AsyncIterable<Answer<typeof cri.StreamImagesResponseSchema>> {
    const { images } = await this.listImages(
      create(ListImagesRequestSchema, request.filter === undefined ? {} : { filter: request.filter }),
      context,
    );
    for (const batch of batches(images)) yield { images: batch };
  }
}
validateRequests(ImageService.prototype, imageValidators);
