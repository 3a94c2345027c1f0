import { InProcessExecutor, ProcessExecutor } from '@kubewright/cni-sdk';
import { Rtnetlink } from '@kubewright/linux';
import { privileged, TemporaryNamespace } from '@kubewright/linux/testing';
import { describe, expect, it } from 'vitest';
import { LabelPlugin } from './label-plugin.js';

describe.skipIf(!privileged())('the label plugin (needs root)', () => {
  it('writes its label on the interface, and notices when it is gone', async () => {
    await using pod = new TemporaryNamespace();
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
          CNI_IFNAME: 'lo',
          CNI_PATH: '/nowhere',
        },
        stdin: JSON.stringify({
          cniVersion: '1.0.0',
          name: 'labels',
          type: 'label',
          label,
          prevResult: { cniVersion: '1.0.0' },
        }),
      });
    expect(await call('ADD', 'front')).toMatchObject({ exitCode: 0 });
    expect((await tables.link('lo'))?.alias).toBe('front');
    expect(await call('CHECK', 'front')).toMatchObject({ exitCode: 0 });
    expect(await call('CHECK', 'back')).toMatchObject({ exitCode: 1 });
    expect(await call('DEL', 'front')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(JSON.parse((await call('ADD', 7)).stdout)).toMatchObject({ code: 7 });
  });
});
