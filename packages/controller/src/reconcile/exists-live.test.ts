import { ConfigMap, Secret } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { reconcilerOf, startController } from '../testing/scripted-controller.js';
import { existsLive } from './exists-live.js';

/** Whether there is a Secret with a label, asked by a run about a ConfigMap in `default`. */
async function ask(prepare: (cluster: ScriptedCluster) => unknown, namespace?: string) {
  const cluster = new ScriptedCluster(ConfigMap, Secret);
  cluster.put(ConfigMap, { metadata: { name: 'a' } });
  let answer: boolean | undefined;
  let lists = 0;
  const Asking = reconcilerOf<ConfigMap>({ for: ConfigMap, reads: [Secret] }, async (_object, ctx) => {
    prepare(cluster);
    cluster.once('GET', /secrets$/, () => lists++);
    const isUsed = ({ metadata }: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }) =>
      metadata.labels?.['used'] === 'yes';
    answer = await existsLive(ctx, Secret, isUsed, ...(namespace === undefined ? [] : [namespace]));
  });
  const controller = await startController(cluster, new Asking());
  await controller.runner.stop();
  return { answer, lists };
}

const used = (namespace = 'default') => ({ metadata: { name: 's', namespace, labels: { used: 'yes' } } });

describe('existsLive', () => {
  it('asks the server where the cache knows none: one may have come a moment ago', async () => {
    const { answer, lists } = await ask((cluster) => {
      cluster.hold(Secret);
      cluster.put(Secret, used());
    });
    expect([answer, lists]).toEqual([true, 1]);
  });

  it('says no only on the word of the server', async () => {
    const { answer, lists } = await ask(() => undefined);
    expect([answer, lists]).toEqual([false, 1]);
  });

  it('looks into the namespace of the reconciled object, or another', async () => {
    const inOther = (cluster: ScriptedCluster): unknown => cluster.put(Secret, used('other'));
    expect((await ask(inOther)).answer).toBe(false);
    expect((await ask(inOther, 'other')).answer).toBe(true);
  });
});
