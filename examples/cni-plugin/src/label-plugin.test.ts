import { InProcessExecutor, ProcessExecutor } from '@kubewright/cni-sdk';
import { describeCniPluginContract } from '@kubewright/cni-sdk/testing';
import { newLink, Rtnetlink } from '@kubewright/linux';
import { privileged, TemporaryNamespace } from '@kubewright/linux/testing';
import { describe, expect, it } from 'vitest';
import { LabelPlugin } from './label-plugin.js';

/** A pod as the plugins before it in the chain left it. */
async function connectedPod() {
  const pod = new TemporaryNamespace();
  await using tables = Rtnetlink.open(pod);
  await tables.run(newLink({ kind: 'bridge', name: 'eth0' }));
  const interfaces = [{ name: 'eth0', sandbox: pod.path }];
  const prevResult = { cniVersion: '1.0.0', interfaces, ips: [{ address: '10.1.0.2/24', interface: 0 }] };
  return { pod, prevResult };
}

describe.skipIf(!privileged())('the label plugin (needs root)', () => {
  describeCniPluginContract({ describe, it }, 'the label plugin', async () => {
    const { pod, prevResult } = await connectedPod();
    return {
      plugin: new LabelPlugin(),
      config: { label: 'front' },
      netns: pod.path,
      prevResult,
      chained: true,
      dispose: () => pod[Symbol.asyncDispose](),
    };
  });

  it('writes its label on the interface, and notices when it is gone', async () => {
    const { pod, prevResult } = await connectedPod();
    await using _ = pod;
    await using tables = Rtnetlink.open(pod);
    const plugins = new InProcessExecutor([new LabelPlugin()], new ProcessExecutor());
    const call = async (verb: string, label: unknown): Promise<{ exitCode: number; stdout: string }> =>
      plugins.execute({
        type: 'label',
        path: [],
        environment: {
          CNI_COMMAND: verb,
          CNI_CONTAINERID: 'one',
          CNI_NETNS: pod.path,
          CNI_IFNAME: 'eth0',
          CNI_PATH: '/nowhere',
        },
        stdin: JSON.stringify({ cniVersion: '1.0.0', name: 'labels', type: 'label', label, prevResult }),
      });
    expect(await call('ADD', 'front')).toMatchObject({ exitCode: 0 });
    expect((await tables.link('eth0'))?.alias).toBe('front');
    expect(await call('CHECK', 'front')).toMatchObject({ exitCode: 0 });
    expect(await call('CHECK', 'back')).toMatchObject({ exitCode: 1 });
    expect(await call('DEL', 'front')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(JSON.parse((await call('ADD', 7)).stdout)).toMatchObject({ code: 7 });
  });
});
