import { CniPlugin, NetworkConfig } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CniResult } from '@kubewright/cni-sdk';

/** A plugin that is right in a chain and does nothing there: it hands on what those before it made. */
export class ChainedPlugin extends CniPlugin {
  override readonly type = 'sanity-chained';
  override readonly config = NetworkConfig;

  override add({ prevResult = {} }: AttachmentRequest<NetworkConfig>): Promise<CniResult> {
    return Promise.resolve(prevResult);
  }

  override async del(): Promise<void> {}

  override async check(): Promise<void> {}

  override async gc(): Promise<void> {}

  override async status(): Promise<void> {}
}
