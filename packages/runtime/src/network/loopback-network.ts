import { Rtnetlink, setLink, withNamespace } from '@kubewright/linux';
import type { PodAttachment, PodNetwork } from './pod-network.js';

/** Pods that reach only themselves: their loopback is up, and their one address is on it. */
export class LoopbackNetwork implements PodNetwork {
  readonly name: string = 'loopback';

  async attach({ netns }: PodAttachment): Promise<readonly string[]> {
    await withNamespace(netns, async (namespace) => {
      await using tables = Rtnetlink.open({ namespace });
      await tables.run(setLink('lo', { up: true }));
    });
    return ['127.0.0.1'];
  }

  /** The kernel removes the loopback with the namespace. */
  async detach(): Promise<void> {}

  async problem(): Promise<undefined> {
    return undefined;
  }
}
