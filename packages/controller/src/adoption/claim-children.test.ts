import { LabelSelector } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import { ReplicaSet } from '@kubewright/api/apps/v1';
import { Pod } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { reconcilerOf, startController } from '../testing/scripted-controller.js';
import { claimChildren } from './claim-children.js';

type OwnerReference = NonNullable<KubeObject['metadata']['ownerReferences']>[number];

const own = (uid: string): OwnerReference[] => [
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid, controller: true, blockOwnerDeletion: true },
];
const pod = (name: string, app: string, ownerReferences: OwnerReference[] = []) => ({
  metadata: { name, labels: { app }, ownerReferences },
});

/** One claim of the ReplicaSet `web` for pods with `app=web`, of those that the cache shows. */
async function claim(
  pods: ReturnType<typeof pod>[],
  meanwhile: (cluster: ScriptedCluster) => unknown = () => undefined,
) {
  const cluster = new ScriptedCluster(ReplicaSet, Pod);
  cluster.put(ReplicaSet, { metadata: { name: 'web', uid: 'o' } });
  for (const each of pods) cluster.put(Pod, each);
  let claimed: string[] | undefined;
  let failure: unknown;
  const selector = LabelSelector.parse('app=web');
  const controller = await startController<ReplicaSet>(cluster, (informers) => {
    const Claiming = reconcilerOf<ReplicaSet>({ for: ReplicaSet, owns: [Pod] }, async (owner, ctx) => {
      if (claimed !== undefined || failure !== undefined) return;
      meanwhile(cluster);
      const options = { owner, ownerKind: ReplicaSet, children: informers.informer(Pod), selector };
      try {
        const children = await claimChildren<ReplicaSet, Pod>(options, ctx);
        claimed = children.map(({ metadata }) => metadata.name ?? '').toSorted();
      } catch (error) {
        failure = error;
      }
    });
    return new Claiming();
  });
  await controller.runner.stop();
  const ownersOf = (name: string): readonly string[] | undefined =>
    cluster.get<Pod & KubeObject>(Pod, name)?.metadata.ownerReferences?.map(({ uid }) => uid);
  return { cluster, claimed, failure, ownersOf };
}

describe('claimChildren', () => {
  it('invariant 12: adopts what is selected and nobody’s, keeps its own, and leaves what another controls', async () => {
    const pods = [pod('orphan', 'web'), pod('mine', 'web', own('o')), pod('theirs', 'web', own('other'))];
    const { claimed, cluster, ownersOf } = await claim(pods);
    expect(claimed).toEqual(['mine', 'orphan']);
    expect([ownersOf('orphan'), ownersOf('theirs')]).toEqual([['o'], ['other']]);
    expect(cluster.writes).toEqual(['PATCH /api/v1/namespaces/default/pods/orphan']);
  });

  it('adopts as a controller that its deletion waits for', async () => {
    const { cluster } = await claim([pod('orphan', 'web')]);
    expect(cluster.get<Pod>(Pod, 'orphan')?.metadata.ownerReferences).toMatchObject(own('o'));
  });

  it('releases what it no longer selects, and keeps other owners of it', async () => {
    const second = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'node' };
    const { claimed, ownersOf } = await claim([pod('old', 'db', [...own('o'), second])]);
    expect([claimed, ownersOf('old')]).toEqual([[], ['node']]);
  });

  it('sends nothing where all is as it should be', async () => {
    const { cluster } = await claim([pod('mine', 'web', own('o')), pod('else', 'db')]);
    expect(cluster.requests).toEqual([]);
  });

  it('leaves orphans of other namespaces alone', async () => {
    const other = pod('orphan', 'web');
    const { claimed } = await claim([{ metadata: { ...other.metadata, namespace: 'other' } } as typeof other]);
    expect(claimed).toEqual([]);
  });

  it('does not count a child that went before it was adopted', async () => {
    const { claimed, failure } = await claim([pod('a', 'web'), pod('b', 'web')], (cluster) =>
      cluster.once('PATCH', /pods\/a$/, () => cluster.remove(Pod, 'a')),
    );
    expect([claimed, failure]).toEqual([['b'], undefined]);
  });

  it('does not adopt a child that changed since the cache saw it', async () => {
    const { failure, ownersOf } = await claim([pod('a', 'web')], (cluster) => cluster.put(Pod, pod('a', 'db')));
    expect(failure).toMatchObject({ reason: 'Conflict' });
    expect(ownersOf('a')).toEqual([]);
  });

  it.each<[string, (cluster: ScriptedCluster) => unknown]>([
    ['is gone', (cluster) => cluster.remove(ReplicaSet, 'web')],
    [
      'was replaced by another of its name',
      (cluster) => {
        cluster.remove(ReplicaSet, 'web');
        cluster.put(ReplicaSet, { metadata: { name: 'web' } });
      },
    ],
    [
      'is being deleted',
      (cluster) => {
        const metadata = { name: 'web', finalizers: ['x/y'], deletionTimestamp: '2026-01-01T00:00:00Z' };
        cluster.put(ReplicaSet, { metadata });
      },
    ],
  ])('adopts nothing for an owner that %s, whatever the cache says', async (_what, meanwhile) => {
    const { failure, ownersOf } = await claim([pod('a', 'web')], meanwhile);
    expect(failure).toMatchObject({ reason: 'Conflict' });
    expect(ownersOf('a')).toEqual([]);
  });
});
