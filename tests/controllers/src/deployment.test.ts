import { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import { Pod } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { DeploymentController, ReplicaSetController, stockControllers } from '@kubewright/controllers';
import type { DeploymentAction, DeploymentSnapshot, ReplicaSetsOfDeployment } from '@kubewright/controllers';
import { describe, expect, it } from 'vitest';
import { deployment, image, withHarness } from './harness.js';
import type { Harness } from './harness.js';
import { PodRunner } from './pod-runner.js';

const plugins = [DeploymentController, ReplicaSetController, PodRunner];

const progressing = ({ status }: Deployment): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'Progressing')?.reason;
const isDone = (object: Deployment | undefined): boolean =>
  object !== undefined &&
  progressing(object) === 'NewReplicaSetAvailable' &&
  object.status?.observedGeneration === object.metadata.generation &&
  object.status?.updatedReplicas === object.spec?.replicas &&
  object.status?.replicas === object.spec?.replicas;
async function done(harness: Harness): Promise<Deployment> {
  const [object] = await harness.until(Deployment, ([first]) => isDone(first));
  if (object === undefined) throw new Error('there is no Deployment');
  return object;
}

async function notes(harness: Harness, reason: string): Promise<string[]> {
  const { items } = await harness.client.list(Event, { namespace: 'default' });
  return items.filter((event) => event.reason === reason).map(({ note = '' }) => note);
}

describe('a Deployment', () => {
  it('rolls out, and then nobody writes anything more', () =>
    withHarness(plugins, async (harness) => {
      await harness.client.create(Deployment, deployment('web'));
      const { status, metadata } = await done(harness);
      expect(status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3 });
      expect(metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
      const [set] = await harness.until(ReplicaSet, ([first]) => first?.status?.availableReplicas === 3);
      expect(set?.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', name: 'web', controller: true }]);
      const pods = await harness.podNames();
      expect(pods).toHaveLength(3);
      for (const pod of pods) expect(pod).toMatch(new RegExp(`^${set?.metadata.name}-`));
      await harness.settle();
      const before = harness.transport.writes.length;
      // Every controller looks again at what it cares about, and finds it right.
      await harness.client.patch(
        Deployment,
        { name: 'web' },
        { type: 'merge', patch: { metadata: { labels: { touched: 'yes' } } } },
      );
      await harness.client.patch(
        ReplicaSet,
        { name: set?.metadata.name ?? '' },
        { type: 'merge', patch: { metadata: { labels: { touched: 'yes' } } } },
      );
      await harness.client.patch(
        Pod,
        { name: pods[0] ?? '' },
        { type: 'merge', patch: { metadata: { annotations: { touched: 'yes' } } } },
      );
      await harness.settle();
      expect(harness.transport.writes.slice(before)).toEqual([]);
      expect(await notes(harness, 'ScalingReplicaSet')).toEqual([
        `Scaled up replica set ${set?.metadata.name} from 0 to 3`,
      ]);
      expect((await notes(harness, 'SuccessfulCreate')).toSorted()).toEqual(pods.map((pod) => `Created pod: ${pod}`));
    }));

  it('replaces its pods a few at a time, keeps the old ReplicaSet, and goes back to it', () =>
    withHarness(plugins, async (harness) => {
      await harness.client.create(Deployment, deployment('web'));
      await done(harness);
      let most = 0;
      let least = Number.POSITIVE_INFINITY;
      const watching = new AbortController();
      const watch = (async () => {
        for await (const { object } of harness.client.watch(Deployment, {
          namespace: 'default',
          signal: watching.signal,
        })) {
          most = Math.max(most, object.status?.replicas ?? 0);
          least = Math.min(least, object.status?.availableReplicas ?? 3);
        }
      })().catch(() => undefined);
      await harness.client.patch(Deployment, { name: 'web' }, image('v2'));
      await done(harness);
      watching.abort();
      await watch;
      expect([least, most <= 4]).toEqual([3, true]);
      await harness.until(
        Pod,
        (pods) => pods.length === 3 && pods.every(({ spec }) => spec?.containers[0]?.image === 'v2'),
      );
      expect(await harness.specReplicas()).toEqual([0, 3]);

      await harness.client.patch(
        Deployment,
        { name: 'web' },
        { type: 'merge', patch: { metadata: { annotations: { 'deprecated.deployment.rollback.to': '0' } } } },
      );
      await harness.until(
        Deployment,
        ([first]) => first?.spec?.template.spec?.containers[0]?.image === 'v1' && isDone(first),
      );
      expect(await harness.specReplicas()).toEqual([0, 3]);
      const [back] = (await harness.client.list(ReplicaSet, { namespace: 'default' })).items.filter(
        ({ spec }) => spec?.replicas === 3,
      );
      expect(back?.metadata.annotations).toMatchObject({
        'deployment.kubernetes.io/revision': '3',
        'deployment.kubernetes.io/revision-history': '1',
      });
      expect(await notes(harness, 'DeploymentRollback')).toEqual(['Rolled back deployment "web" to revision 1']);
    }));

  it('is scaled up and down', () =>
    withHarness(plugins, async (harness) => {
      await harness.client.create(Deployment, deployment('web'));
      await done(harness);
      await harness.client.patch(Deployment, { name: 'web' }, { type: 'merge', patch: { spec: { replicas: 7 } } });
      await harness.until(Pod, (pods) => pods.length === 7);
      await done(harness);
      await harness.client.patch(Deployment, { name: 'web' }, { type: 'merge', patch: { spec: { replicas: 0 } } });
      await harness.until(Pod, (pods) => pods.length === 0);
      expect(await harness.specReplicas()).toEqual([0]);
    }));

  it('keeps as much history as it is told', () =>
    withHarness(plugins, async (harness) => {
      await harness.client.create(Deployment, deployment('web', { revisionHistoryLimit: 1, replicas: 1 }));
      await done(harness);
      for (const version of ['v2', 'v3', 'v4']) {
        await harness.client.patch(Deployment, { name: 'web' }, image(version));
        await done(harness);
      }
      await harness.until(ReplicaSet, (sets) => sets.length === 2);
      expect(await harness.specReplicas()).toEqual([0, 1]);
    }));

  it('starts the new pods of a Recreate rollout after the last old one is gone', () =>
    withHarness(plugins, async (harness) => {
      await harness.client.create(Deployment, deployment('web', { strategy: { type: 'Recreate' } }));
      await done(harness);
      const mixed: string[] = [];
      const watching = new AbortController();
      const images = new Map<string, string>();
      const watch = (async () => {
        for await (const { type, object } of harness.client.watch(Pod, {
          namespace: 'default',
          signal: watching.signal,
        })) {
          if (type === 'BOOKMARK') continue;
          if (type === 'DELETED') images.delete(object.metadata.name ?? '');
          else images.set(object.metadata.name ?? '', object.spec?.containers[0]?.image ?? '');
          const kinds = new Set(images.values());
          if (kinds.size > 1) mixed.push([...kinds].join());
        }
      })().catch(() => undefined);
      await harness.client.patch(Deployment, { name: 'web' }, image('v2'));
      await done(harness);
      watching.abort();
      await watch;
      expect(mixed).toEqual([]);
    }));

  it('takes another name for its ReplicaSet where its own is taken', () =>
    withHarness(plugins, async (harness) => {
      await harness.client.create(Deployment, deployment('web', { replicas: 1 }));
      await done(harness);
      const [first] = (await harness.client.list(ReplicaSet, { namespace: 'default' })).items;
      const taken = first?.metadata.name ?? '';
      await harness.client.delete(Deployment, { name: 'web' }, { propagationPolicy: 'Background' });
      await harness.client.delete(ReplicaSet, { name: taken }, { propagationPolicy: 'Background' });
      await harness.until(ReplicaSet, (sets) => sets.length === 0);
      await harness.settle();
      const other = deployment('other', { replicas: 0 });
      await harness.client.create(ReplicaSet, {
        metadata: { name: taken, namespace: 'default' },
        spec: { replicas: 0, selector: other.spec?.selector ?? {}, template: other.spec?.template ?? {} },
      });
      await harness.client.create(Deployment, deployment('web', { replicas: 1 }));
      const object = await done(harness);
      expect(object.status?.collisionCount).toBe(1);
      expect((await harness.client.list(ReplicaSet, { namespace: 'default' })).items).toHaveLength(2);
    }));

  it('adopts a ReplicaSet that nobody controls', () =>
    withHarness(plugins, async (harness) => {
      await harness.client.create(Deployment, deployment('web', { replicas: 2 }));
      await done(harness);
      await harness.client.delete(Deployment, { name: 'web' }, { propagationPolicy: 'Background' });
      const [set] = (await harness.client.list(ReplicaSet, { namespace: 'default' })).items;
      await harness.client.patch(
        ReplicaSet,
        { name: set?.metadata.name ?? '' },
        { type: 'merge', patch: { metadata: { ownerReferences: null } } },
      );
      const { metadata } = await harness.client.create(Deployment, deployment('web', { replicas: 2 }));
      await done(harness);
      const { items } = await harness.client.list(ReplicaSet, { namespace: 'default' });
      expect(items.map((each) => [each.metadata.uid, each.metadata.ownerReferences?.[0]?.uid])).toEqual([
        [set?.metadata.uid, metadata.uid],
      ]);
    }));
});

/** Rolls the new template out to one pod, and further only when told. */
class Canary extends DeploymentController {
  protected override step(snapshot: DeploymentSnapshot, sets: ReplicaSetsOfDeployment): readonly DeploymentAction[] {
    const { deployment: object } = snapshot;
    if (object.metadata.annotations?.['canary'] === 'approved' || sets.old.length === 0)
      return super.step(snapshot, sets);
    return [];
  }
}

describe('a subclass of the Deployment controller', () => {
  it('takes its place in the bundle, changes the strategy and inherits the rest', () =>
    withHarness(
      [stockControllers({ certificateAuthority: 'PEM' }), PodRunner],
      async (harness) => {
        await harness.client.create(
          Deployment,
          deployment('web', { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }),
        );
        await done(harness);
        await harness.client.patch(Deployment, { name: 'web' }, image('v2'));
        await harness.until(Pod, (pods) => pods.some(({ spec }) => spec?.containers[0]?.image === 'v2'));
        await harness.settle();
        expect(await harness.specReplicas()).toEqual([3, 1]);
        await harness.client.patch(
          Deployment,
          { name: 'web' },
          { type: 'merge', patch: { metadata: { annotations: { canary: 'approved' } } } },
        );
        await done(harness);
        expect(await harness.specReplicas()).toEqual([0, 3]);
      },
      { replacing: { 'deployment-controller': Canary } },
    ));
});
