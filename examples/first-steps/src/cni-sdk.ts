import { CniPlugin, NetworkConfig, cniMain } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CniResult } from '@kubewright/cni-sdk';
import { Rtnetlink, setLink, withNamespace } from '@kubewright/linux';

/** Sets the MTU of the interface that the plugin before it made. */
class MtuPlugin extends CniPlugin {
  override readonly type = 'mtu';
  override readonly config = NetworkConfig;

  override async add({ netns, ifName, prevResult }: AttachmentRequest<NetworkConfig>): Promise<CniResult> {
    await withNamespace(netns, async (namespace) => {
      await using pod = Rtnetlink.open({ namespace });
      await pod.run(setLink(ifName, { mtu: 1_400 }));
    });
    return prevResult ?? {};
  }

  override async del(): Promise<void> {
    // The interface goes with its namespace.
  }
}

await cniMain(new MtuPlugin());
