import { join } from 'node:path';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { ContentStore } from '../content/content-store.js';
import { ImagePuller } from '../images/image-puller.js';
import type { PullOptions } from '../images/image-puller.js';
import { ImageStore } from '../images/image-store.js';
import { OverlaySnapshotter } from '../layers/overlay-snapshotter.js';
import { SystemPrograms } from '../programs/program-runner.js';
import type { MirrorTable } from '../registry/endpoints.js';
import { RegistryClient } from '../registry/registry-client.js';

/** All that images need, below one directory, on the system's clock. Who opens it closes it. */
export async function openImageParts(directory: string, mirrors: MirrorTable = {}) {
  const [clock, random] = [new SystemClock(), new SystemRandom()];
  const client = new RegistryClient({ clock, mirrors });
  const content = new ContentStore(join(directory, 'content'));
  const programs = new SystemPrograms(clock);
  const snapshotter = new OverlaySnapshotter({ directory: join(directory, 'o'), random, clock, programs });
  const store = new ImageStore({ directory, content, snapshotter, random });
  for (const part of [content, snapshotter, store]) await part.open();
  const puller = new ImagePuller({ client, content, store, snapshotter, clock });
  return {
    content,
    snapshotter,
    store,
    puller,
    pull: (name: string, options: Partial<PullOptions> = {}) =>
      puller.pull(name, { signal: new AbortController().signal, ...options }),
    close: async (): Promise<void> => {
      await store.settled();
      snapshotter.close();
      await client.close();
    },
  };
}
