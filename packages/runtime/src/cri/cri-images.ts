/** The runtime as CRI: requests in, answers out. Neighbours: the managers do the work. */
import { statfs } from 'node:fs/promises';
import type { Clock } from '@kubewright/core';
import { ImageService } from '@kubewright/cri-sdk';
import type { Answer } from '@kubewright/cri-sdk';
import type * as cri from '@kubewright/cri-sdk/v1';
import type { CallContext } from '@kubewright/grpc';
import type { ImagePuller } from '../images/image-puller.js';
import type { ImageStore } from '../images/image-store.js';
import type { RegistryCredentials } from '../registry/credentials.js';
import { imageEntry, nanoseconds } from './status.js';

export interface CriImagesOptions {
  readonly store: ImageStore;
  readonly puller: ImagePuller;
  readonly clock: Clock;
  /** Where images are. */
  readonly directory: string;
}

/** The images of this runtime, as CRI. */
export class CriImages extends ImageService {
  readonly #options: CriImagesOptions;

  constructor(options: CriImagesOptions) {
    super();
    this.#options = options;
  }

  override async listImages({ filter }: cri.ListImagesRequest): Promise<Answer<typeof cri.ListImagesResponseSchema>> {
    const { store } = this.#options;
    const name = filter?.image?.image ?? '';
    const found = name === '' ? store.list() : [store.find(name)];
    return { images: found.flatMap((image) => (image === undefined ? [] : [imageEntry(image)])) };
  }

  override async imageStatus({
    image,
    verbose,
  }: cri.ImageStatusRequest): Promise<Answer<typeof cri.ImageStatusResponseSchema>> {
    const found = this.#options.store.find(image?.image ?? '');
    if (found === undefined) return {};
    return { image: imageEntry(found), info: verbose ? { info: JSON.stringify(found) } : {} };
  }

  override async pullImage(
    { image, auth }: cri.PullImageRequest,
    { signal }: CallContext,
  ): Promise<{ imageRef: string }> {
    const { id } = await this.#options.puller.pull(image?.image ?? '', { credentials: credentialsOf(auth), signal });
    return { imageRef: id };
  }

  override async removeImage({ image }: cri.RemoveImageRequest): Promise<object> {
    const { store } = this.#options;
    const found = store.find(image?.image ?? '');
    if (found !== undefined) await store.remove(found.id);
    return {};
  }

  override async imageFsInfo(): Promise<Answer<typeof cri.ImageFsInfoResponseSchema>> {
    const { directory, clock, store } = this.#options;
    const { files, ffree } = await statfs(directory);
    // What is counted is what images hold, not the whole file system, which others use too.
    const usedBytes = store.list().reduce((sum, { size }) => sum + BigInt(size), 0n);
    const usage = {
      timestamp: nanoseconds(clock.now()),
      fsId: { mountpoint: directory },
      usedBytes: { value: usedBytes },
      inodesUsed: { value: BigInt(files - ffree) },
    };
    return { imageFilesystems: [usage], containerFilesystems: [usage] };
  }
}

/** The forms in which a kubelet gives credentials. */
function credentialsOf(auth: cri.AuthConfig | undefined): RegistryCredentials {
  if (auth === undefined) return {};
  const [encodedUser, ...rest] = Buffer.from(auth.auth, 'base64').toString().split(':');
  const username = auth.username || encodedUser || undefined;
  const password = auth.username === '' ? rest.join(':').replace(/\0+$/, '') : auth.password;
  return {
    ...(username !== undefined && { username, password }),
    ...(auth.identityToken !== '' && { identityToken: auth.identityToken }),
    ...(auth.registryToken !== '' && { registryToken: auth.registryToken }),
  };
}
