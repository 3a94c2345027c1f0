import { join } from 'node:path';
import { SystemPrograms } from '../programs/program-runner.js';
import type { Clock, Random } from '@kubewright/core';
import { ContentStore } from '../content/content-store.js';
import { ImagePuller } from '../images/image-puller.js';
import { ImageStore } from '../images/image-store.js';
import type { Snapshotter } from '../layers/snapshotter.js';
import type { MirrorTable } from '../registry/endpoints.js';
import { RegistryClient } from '../registry/registry-client.js';
import { defaultSnapshotter } from './default-parts.js';

/** What has to do with images and nothing with pods. */
export interface ImageParts {
  readonly content: ContentStore;
  readonly snapshotter: Snapshotter;
  readonly store: ImageStore;
  readonly puller: ImagePuller;
}

export interface ImagePartsOptions {
  readonly root: string;
  readonly mirrors: MirrorTable;
  /** Default: overlayfs below `root`. */
  readonly snapshotter?: Snapshotter | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** Opens the parts. @param closing - gets what has to be closed. */
export async function openImageParts(options: ImagePartsOptions, closing: AsyncDisposableStack): Promise<ImageParts> {
  const { root, mirrors, clock, random } = options;
  const client = new RegistryClient({ clock, mirrors });
  closing.defer(() => client.close());
  const content = new ContentStore(join(root, 'content'));
  const snapshotter =
    options.snapshotter ?? defaultSnapshotter({ root, random, clock, programs: new SystemPrograms(clock) });
  closing.defer(() => snapshotter.close());
  const store = new ImageStore({ directory: join(root, 'images'), content, snapshotter, random });
  for (const part of [content, snapshotter, store]) await part.open();
  closing.defer(() => store.settled());
  const puller = new ImagePuller({ client, content, store, snapshotter, clock });
  return { content, snapshotter, store, puller };
}
