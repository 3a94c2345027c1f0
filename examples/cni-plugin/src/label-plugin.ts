import { CniError, CniPlugin, NetworkConfig } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniResult } from '@kubewright/cni-sdk';
import { Rtnetlink, setLink, withNamespace } from '@kubewright/linux';
import { IsString } from 'class-validator';

export class LabelConfig extends NetworkConfig {
  @IsString() label!: string;
}

/** Writes a label on the interface that the plugins before it made: `ip link show` prints it as the alias. */
export class LabelPlugin extends CniPlugin<LabelConfig> {
  override readonly type = 'label';
  override readonly config = LabelConfig;

  override async add({ config, netns, ifName, prevResult }: AttachmentRequest<LabelConfig>): Promise<CniResult> {
    await withNamespace(netns, async (namespace) => {
      await using pod = Rtnetlink.open({ namespace });
      await pod.run(setLink(ifName, { alias: config.label }));
    });
    return prevResult ?? {};
  }

  override async del(): Promise<void> {
    // The label goes with the interface.
  }

  override async check({ config, netns, ifName }: CheckRequest<LabelConfig>): Promise<void> {
    await withNamespace(netns, async (namespace) => {
      await using pod = Rtnetlink.open({ namespace });
      const { alias } = (await pod.link(ifName)) ?? {};
      if (alias !== config.label) throw new CniError(100, `'${ifName}' has no label '${config.label}'`);
    });
  }
}
