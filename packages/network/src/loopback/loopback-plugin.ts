/** The loopback plugin: every pod's `lo` has to be brought up by somebody. */
import { CniPlugin, NetworkConfig } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniResult } from '@kubewright/cni-sdk';
import { setLink } from '@kubewright/linux';
import { checkFailure } from '../host/answers.js';
import { withPod, withPodIfPresent } from '../pod/pod-namespace.js';

const loopback = 'lo';

/** Brings the loopback interface up. Whatever interface it is asked for, it is `lo` that is meant. */
export class LoopbackPlugin extends CniPlugin {
  override readonly type = 'loopback';
  override readonly config = NetworkConfig;

  override async add({ netns, prevResult }: AttachmentRequest<NetworkConfig>): Promise<CniResult> {
    return await withPod(netns, async (pod) => {
      await pod.run(setLink(loopback, { up: true }));
      if (prevResult !== undefined) return prevResult;
      const link = await pod.link(loopback);
      const addresses = await pod.addresses({ link: link?.index ?? 1 });
      const ips = addresses.filter(({ scope }) => scope === 'host').map(({ address }) => ({ address, interface: 0 }));
      return { interfaces: [{ name: loopback, mac: link?.mac ?? '00:00:00:00:00:00', sandbox: netns }], ips };
    });
  }

  override async del({ netns }: AttachmentRequest<NetworkConfig>): Promise<void> {
    await withPodIfPresent(netns, (pod) => pod.run(setLink(loopback, { up: false })));
  }

  override async check({ netns }: CheckRequest<NetworkConfig>): Promise<void> {
    await withPod(netns, async (pod) => {
      if ((await pod.link(loopback))?.up !== true) throw checkFailure(`the interface '${loopback}' is down`);
    });
  }

  override async gc(): Promise<void> {
    // It keeps nothing outside of the pod's namespace, and that goes with the pod.
  }

  override async status(): Promise<void> {
    // It has nothing that could be missing.
  }
}
