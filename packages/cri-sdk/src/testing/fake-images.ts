import type { Clock } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type * as cri from '../generated/runtime/v1/cri_pb.js';
import type { Answer } from '../service/answer.js';
import { ImageService } from '../service/image-service.js';

type Image = Answer<typeof cri.ImageSchema> & { readonly id: string };

/** Images of the in-memory runtime: every name can be pulled, except those of the registry `missing.invalid`. */
export class FakeImages extends ImageService {
  readonly #clock: Clock;
  readonly #images = new Map<string, Image>();

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  /** The image of a name or id. */
  find(name: string): Image | undefined {
    return (
      this.#images.get(name) ?? [...this.#images.values()].find(({ repoTags }) => repoTags?.includes(tagged(name)))
    );
  }

  override async listImages({ filter }: cri.ListImagesRequest): Promise<Answer<typeof cri.ListImagesResponseSchema>> {
    const name = filter?.image?.image ?? '';
    const found = name === '' ? [...this.#images.values()] : [this.find(name)];
    return { images: found.filter((image) => image !== undefined) };
  }

  override async imageStatus({ image }: cri.ImageStatusRequest): Promise<Answer<typeof cri.ImageStatusResponseSchema>> {
    const found = this.find(image?.image ?? '');
    return found === undefined ? {} : { image: found };
  }

  override async pullImage({ image }: cri.PullImageRequest): Promise<{ imageRef: string }> {
    const name = tagged(image?.image ?? '');
    if (name.startsWith('missing.invalid/')) throw new GrpcStatusError(Code.UNKNOWN, `${name}: not found`);
    const id = `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)}`;
    this.#images.set(id, { id, repoTags: [name], repoDigests: [], size: 1n, spec: { image: name } });
    return { imageRef: id };
  }

  override async removeImage({ image }: cri.RemoveImageRequest): Promise<object> {
    const found = this.find(image?.image ?? '');
    if (found !== undefined) this.#images.delete(found.id);
    return {};
  }

  override async imageFsInfo(): Promise<Answer<typeof cri.ImageFsInfoResponseSchema>> {
    const usage = {
      timestamp: BigInt(this.#clock.now()) * 1_000_000n,
      fsId: { mountpoint: '/' },
      usedBytes: { value: BigInt(this.#images.size) },
      inodesUsed: { value: BigInt(this.#images.size) },
    };
    return { imageFilesystems: [usage], containerFilesystems: [usage] };
  }
}

function tagged(name: string): string {
  return /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
}
