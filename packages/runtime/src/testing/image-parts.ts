import { SystemClock, SystemRandom } from '@kubewright/core';
import { openImageParts as open } from '../assembly/image-parts.js';
import type { PullOptions } from '../images/image-puller.js';
import type { MirrorTable } from '../registry/endpoints.js';

/** All that images need, below one directory, on the system's clock. Who opens it closes it. */
export async function openImageParts(root: string, mirrors: MirrorTable = {}) {
  const closing = new AsyncDisposableStack();
  const parts = await open({ root, mirrors, clock: new SystemClock(), random: new SystemRandom() }, closing);
  return {
    ...parts,
    pull: (name: string, options: Partial<PullOptions> = {}) =>
      parts.puller.pull(name, { signal: new AbortController().signal, ...options }),
    close: () => closing.disposeAsync(),
  };
}
