import { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import type { ReplicaSetSpec } from '@kubewright/api/apps/v1';
import { Namespace, Pod } from '@kubewright/api/core/v1';
import { DeploymentController, ReplicaSetController } from '@kubewright/controllers';
import { FakeClock } from '@kubewright/core/testing';
import type { NewObject } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { failure } from './faulty-transport.js';
import { deployment, image, withHarness } from './harness.js';
import { PodRunner } from './pod-runner.js';

const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'v1' }], terminationGracePeriodSeconds: 0 },
};

function replicaSet(spec: Partial<ReplicaSetSpec> = {}, name = 'web'): NewObject<ReplicaSet> {
  return {
    metadata: { name, namespace: 'default' },
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template, ...spec },
  };
}

const pod = (name: string, app = 'web'): NewObject<Pod> => ({
  metadata: { name, namespace: 'default', labels: { app } },
  spec: template.spec,
});
const isComplete =
  (count: number) =>
  ([set]: readonly ReplicaSet[]) =>
    set?.status?.readyReplicas === count && set.status.replicas === count;
const controllers = [ReplicaSetController, PodRunner];

describe('a ReplicaSet', () => {
  it('adopts pods that it selects, and replaces those that leave its selection', () =>
    withHarness(controllers, async (harness) => {
      const { client } = harness;
      await client.create(Pod, pod('stray'));
      await client.create(Pod, pod('other', 'db'));
      await client.create(ReplicaSet, replicaSet());
      await harness.until(ReplicaSet, isComplete(2));
      expect(await harness.podNames()).toHaveLength(3);
      expect((await client.get(Pod, { name: 'stray' })).metadata.ownerReferences).toMatchObject([
        { kind: 'ReplicaSet', name: 'web', controller: true },
      ]);
      await client.patch(Pod, { name: 'stray' }, { type: 'merge', patch: { metadata: { labels: { app: 'debug' } } } });
      await harness.until(Pod, (pods) => pods.length === 4);
      expect((await client.get(Pod, { name: 'stray' })).metadata.ownerReferences ?? []).toEqual([]);
      await harness.until(ReplicaSet, isComplete(2));
      await client.patch(Pod, { name: 'stray' }, { type: 'merge', patch: { metadata: { labels: { app: 'web' } } } });
      await harness.until(Pod, (pods) => pods.length === 3);
    }));

  it('leaves the pods of another that selects the same alone', () =>
    withHarness(controllers, async (harness) => {
      await harness.client.create(ReplicaSet, replicaSet({}, 'one'));
      await harness.client.create(ReplicaSet, replicaSet({}, 'two'));
      await harness.until(ReplicaSet, (sets) => sets.length === 2 && sets.every((set) => isComplete(2)([set])));
      await harness.settle();
      expect(await harness.podNames()).toHaveLength(4);
    }));

  it('replaces pods that are deleted or have failed', () =>
    withHarness(controllers, async (harness) => {
      const { client } = harness;
      await client.create(ReplicaSet, replicaSet());
      await harness.until(ReplicaSet, isComplete(2));
      const [first = '', second = ''] = await harness.podNames();
      await client.delete(Pod, { name: first });
      await client.status(Pod).patch({ name: second }, { type: 'merge', patch: { status: { phase: 'Failed' } } });
      await harness.until(Pod, (pods) => pods.filter(({ status }) => status?.phase === 'Running').length === 2);
      await harness.until(ReplicaSet, isComplete(2));
      expect(await harness.podNames()).toHaveLength(3);
    }));

  it('counts a pod as available after minReadySeconds', () =>
    withHarness(controllers, async (harness) => {
      await harness.client.create(ReplicaSet, replicaSet({ replicas: 1, minReadySeconds: 1 }));
      await harness.until(
        ReplicaSet,
        ([set]) => set?.status?.readyReplicas === 1 && (set.status.availableReplicas ?? 0) === 0,
      );
      await harness.until(ReplicaSet, ([set]) => set?.status?.availableReplicas === 1);
    }));

  it('makes 500 pods and removes them', () =>
    withHarness([ReplicaSetController], async (harness) => {
      await harness.client.create(ReplicaSet, replicaSet({ replicas: 500 }));
      await harness.until(ReplicaSet, ([set]) => set?.status?.replicas === 500);
      expect(await harness.podNames()).toHaveLength(500);
      await harness.client.patch(ReplicaSet, { name: 'web' }, { type: 'merge', patch: { spec: { replicas: 1 } } });
      await harness.until(ReplicaSet, ([set]) => set?.status?.replicas === 1);
      expect(await harness.podNames()).toHaveLength(1);
    }));

  it('makes one call where all would fail, says why, and recovers', () =>
    withHarness(controllers, async (harness) => {
      const { transport, client } = harness;
      let refused = 0;
      transport.fault = ({ method, path }) => {
        if (method !== 'POST' || !path.includes('/pods')) return undefined;
        refused++;
        return refused <= 3 ? failure(403, 'Forbidden') : undefined;
      };
      await client.create(ReplicaSet, replicaSet({ replicas: 10 }));
      const [set] = await harness.until(ReplicaSet, ([first]) => first?.status?.conditions !== undefined);
      expect(set?.status?.conditions).toMatchObject([
        { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'made to fail with Forbidden' },
      ]);
      expect(refused).toBeLessThanOrEqual(3);
      const [well] = await harness.until(ReplicaSet, isComplete(10));
      expect(well?.status?.conditions ?? []).toEqual([]);
      expect(await harness.podNames()).toHaveLength(10);
    }));

  it('fails quietly in a namespace that is being deleted', () =>
    withHarness([ReplicaSetController], async (harness) => {
      const { client, transport } = harness;
      await client.create(Namespace, { metadata: { name: 'shop' } });
      const set = replicaSet({ replicas: 0 });
      await client.create(ReplicaSet, { ...set, metadata: { name: 'web', namespace: 'shop' } });
      await harness.until(ReplicaSet, ([first]) => first?.status?.observedGeneration !== undefined, 'shop');
      await client.delete(Namespace, { name: 'shop' });
      await client.patch(
        ReplicaSet,
        { name: 'web', namespace: 'shop' },
        { type: 'merge', patch: { spec: { replicas: 5 } } },
      );
      await harness.until(ReplicaSet, ([first]) => first?.status?.observedGeneration === 2, 'shop');
      await harness.settle();
      // One in the run for the new size, one in that for the status it wrote; without the namespace's word for it, five each.
      expect(
        transport.writes.filter((write) => write.startsWith('POST') && write.includes('/shop/pods')).length,
      ).toBeLessThanOrEqual(2);
      expect((await client.get(ReplicaSet, { name: 'web', namespace: 'shop' })).status?.conditions ?? []).toEqual([]);
    }));
});

describe('a cache that lags', () => {
  it('makes no pod twice, even when it is no longer waited for', () => {
    const clock = new FakeClock();
    return withHarness(
      [ReplicaSetController],
      async (harness) => {
        const { promise: released, resolve: release } = Promise.withResolvers<void>();
        harness.transport.onWatch = (path) => (path.includes('/pods') ? released : undefined);
        await harness.client.create(ReplicaSet, replicaSet({ replicas: 20 }));
        await harness.until(Pod, (pods) => pods.length === 20);
        await harness.settle();
        await harness.client.patch(ReplicaSet, { name: 'web' }, { type: 'merge', patch: { spec: { replicas: 21 } } });
        await harness.settle();
        // The framework gives up waiting for its own writes after five seconds, and reconciles on what the cache has.
        await clock.advance(6_000);
        await harness.settle();
        await clock.advance(60_000);
        await harness.settle();
        expect(await harness.podNames()).toHaveLength(20);
        const [stale] = (await harness.client.list(ReplicaSet, { namespace: 'default' })).items;
        expect(stale?.status?.replicas).toBe(0);
        release();
        await harness.until(ReplicaSet, ([set]) => set?.status?.replicas === 21);
        expect(await harness.podNames()).toHaveLength(21);
      },
      { clock },
    );
  });
});

describe('a watch that repeats itself', () => {
  it('changes nothing about a rollout', () =>
    withHarness([DeploymentController, ReplicaSetController, PodRunner], async (harness) => {
      harness.transport.repeatsWatches = true;
      await harness.restart();
      await harness.client.create(Deployment, deployment('web', { replicas: 6 }));
      await harness.until(Deployment, ([first]) => first?.status?.availableReplicas === 6);
      await harness.client.patch(Deployment, { name: 'web' }, image('v2'));
      await harness.until(
        Deployment,
        ([first]) =>
          first?.status?.updatedReplicas === 6 && first.status.availableReplicas === 6 && first.status.replicas === 6,
      );
      await harness.settle();
      expect(await harness.podNames()).toHaveLength(6);
      expect(await harness.specReplicas()).toEqual([0, 6]);
    }));
});

describe('writes that fail', () => {
  it.each([
    [409, 'Conflict'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
  ])('do not keep a rollout from its end: every third answered %i', (code, reason) =>
    withHarness([DeploymentController, ReplicaSetController, PodRunner], async (harness) => {
      harness.transport.fault = (_request, count) => (count % 3 === 1 ? failure(code, reason) : undefined);
      await harness.client.create(Deployment, deployment('web'));
      await harness.until(Deployment, ([first]) => first?.status?.availableReplicas === 3);
      await harness.client.patch(Deployment, { name: 'web' }, image('v2'));
      await harness.until(
        Pod,
        (pods) => pods.length === 3 && pods.every(({ spec }) => spec?.containers[0]?.image === 'v2'),
      );
      await harness.until(
        Deployment,
        ([first]) => first?.status?.updatedReplicas === 3 && first.status.availableReplicas === 3,
      );
      await harness.settle();
      expect(await harness.podNames()).toHaveLength(3);
      expect(await harness.specReplicas()).toEqual([0, 3]);
    }),
  );
});

describe('controllers that are restarted in the middle', () => {
  it('finish a rollout, and leave no pod too many', () =>
    withHarness([DeploymentController, ReplicaSetController, PodRunner], async (harness) => {
      await harness.client.create(Deployment, deployment('web', { replicas: 10 }));
      for (const version of ['v2', 'v3', 'v4']) {
        await harness.client.patch(Deployment, { name: 'web' }, image(version));
        const before = harness.transport.writes.length;
        await expect.poll(() => harness.transport.writes.length).toBeGreaterThan(before + 5);
        await harness.restart();
      }
      await harness.until(
        Pod,
        (pods) => pods.length === 10 && pods.every(({ spec }) => spec?.containers[0]?.image === 'v4'),
      );
      await harness.until(
        Deployment,
        ([first]) => first?.status?.updatedReplicas === 10 && first.status.availableReplicas === 10,
      );
      await harness.settle();
      expect(await harness.podNames()).toHaveLength(10);
      expect((await harness.specReplicas()).filter((size) => size > 0)).toEqual([10]);
    }));

  it('take on objects that were replaced under the same name meanwhile', () =>
    withHarness([ReplicaSetController, PodRunner], async (harness) => {
      const { client } = harness;
      await client.create(ReplicaSet, replicaSet());
      await harness.until(ReplicaSet, isComplete(2));
      await client.delete(ReplicaSet, { name: 'web' }, { propagationPolicy: 'Background' });
      const { metadata } = await client.create(ReplicaSet, replicaSet({ replicas: 3 }));
      // The pods of the old one are nobody's business: they still name it, and there is no garbage collector here.
      await harness.until(ReplicaSet, isComplete(3));
      const { items } = await client.list(Pod, { namespace: 'default' });
      const owners = items.map((each) => each.metadata.ownerReferences?.[0]?.uid);
      expect(owners.filter((uid) => uid === metadata.uid)).toHaveLength(3);
      expect(owners).toHaveLength(5);
    }));
});
