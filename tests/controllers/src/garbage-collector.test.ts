import type { Kind, KubeObject } from '@kubewright/api';
import { CustomResourceDefinition } from '@kubewright/api/apiextensions/v1';
import { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import { ConfigMap, Namespace, Pod } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { ClusterRole } from '@kubewright/api/rbac/v1';
import { DeploymentController, GarbageCollector, ReplicaSetController } from '@kubewright/controllers';
import { Readiness } from '@kubewright/core';
import type { NewObject } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { failure } from './faulty-transport.js';
import { deployment, withHarness } from './harness.js';
import type { Harness } from './harness.js';
import { PodRunner } from './pod-runner.js';

const Thing: Kind = {
  group: 'test.example.com',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  singular: 'thing',
  scope: 'Namespaced',
  shortNames: [],
  categories: [],
};
const definition: NewObject<CustomResourceDefinition> = {
  metadata: { name: 'things.test.example.com' },
  spec: {
    group: 'test.example.com',
    names: { kind: 'Thing', plural: 'things' },
    scope: 'Namespaced',
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

type Owner = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

const reference = ({ apiVersion, kind, metadata: { name = '', uid = '' } }: Owner, blockOwnerDeletion = false) => ({
  apiVersion,
  kind,
  name,
  uid,
  blockOwnerDeletion,
});
const names = (objects: readonly KubeObject[]): string[] =>
  objects
    .map(({ metadata }) => metadata.name ?? '')
    .filter((name) => name !== 'kube-root-ca.crt')
    .toSorted();
const only =
  (...expected: string[]) =>
  (objects: readonly KubeObject[]): boolean =>
    names(objects).join() === expected.join();

function make(
  { client }: Pick<Harness, 'client'>,
  name: string,
  more: KubeObject['metadata'] = {},
): Promise<ConfigMap> {
  return client.create(ConfigMap, { metadata: { name, namespace: 'default', ...more } });
}

const owned = (...owners: readonly Owner[]) => ({ ownerReferences: owners.map((owner) => reference(owner)) });
const blocking = (...owners: readonly Owner[]) => ({ ownerReferences: owners.map((owner) => reference(owner, true)) });

describe('the garbage collector', () => {
  it('deletes what an owner leaves behind, to any depth, and keeps the rest', () =>
    withHarness([GarbageCollector], async (harness) => {
      const parent = await make(harness, 'parent');
      const child = await make(harness, 'child', owned(parent));
      await make(harness, 'grandchild', owned(child));
      await make(harness, 'bystander');
      await harness.client.delete(ConfigMap, { name: 'parent' }, { propagationPolicy: 'Background' });
      await harness.until(ConfigMap, only('bystander'));
    }));

  it('keeps what has another owner, and takes the lost one off', () =>
    withHarness([GarbageCollector], async (harness) => {
      const [one, two] = [await make(harness, 'one'), await make(harness, 'two')];
      await make(harness, 'child', owned(one, two));
      await harness.client.delete(ConfigMap, { name: 'one' });
      const children = await harness.until(ConfigMap, (all) =>
        all.some(({ metadata }) => metadata.name === 'child' && metadata.ownerReferences?.length === 1),
      );
      expect(names(children)).toEqual(['child', 'two']);
    }));

  it('waits in a foreground deletion for what blocks it', () =>
    withHarness([GarbageCollector], async (harness) => {
      const parent = await make(harness, 'parent');
      const child = await make(harness, 'child', { ...blocking(parent), finalizers: ['example.com/hold'] });
      await make(harness, 'grandchild', blocking(child));
      await harness.client.delete(ConfigMap, { name: 'parent' }, { propagationPolicy: 'Foreground' });
      await harness.until(
        ConfigMap,
        (all) => only('child', 'parent')(all) && all.every(({ metadata }) => metadata.deletionTimestamp !== undefined),
      );
      await harness.settle();
      expect((await harness.client.get(ConfigMap, { name: 'parent' })).metadata.finalizers).toEqual([
        'foregroundDeletion',
      ]);
      await harness.client.patch(
        ConfigMap,
        { name: 'child' },
        { type: 'merge', patch: { metadata: { finalizers: null } } },
      );
      await harness.until(ConfigMap, only());
    }));

  it('leaves dependents behind where it is told to', () =>
    withHarness([GarbageCollector], async (harness) => {
      const parent = await make(harness, 'parent');
      await make(harness, 'child', owned(parent));
      await harness.client.delete(ConfigMap, { name: 'parent' }, { propagationPolicy: 'Orphan' });
      const [child] = await harness.until(ConfigMap, only('child'));
      expect(child?.metadata.ownerReferences ?? []).toEqual([]);
      await harness.settle();
      expect(names((await harness.client.list(ConfigMap, { namespace: 'default' })).items)).toEqual(['child']);
    }));

  it('ends circles', () =>
    withHarness([GarbageCollector], async (harness) => {
      const one = await make(harness, 'one');
      const two = await make(harness, 'two', blocking(one));
      await harness.client.patch(ConfigMap, { name: 'one' }, { type: 'merge', patch: { metadata: blocking(two) } });
      await harness.client.delete(ConfigMap, { name: 'one' }, { propagationPolicy: 'Foreground' });
      await harness.until(ConfigMap, only());
    }));

  it('collects what names an owner that never was, or one of another uid', () =>
    withHarness([GarbageCollector], async (harness) => {
      const real = await make(harness, 'real');
      await make(harness, 'a', owned({ ...real, metadata: { name: 'real', uid: 'other' } }));
      await make(harness, 'b', owned({ ...real, metadata: { name: 'ghost', uid: 'ghost' } }));
      await make(harness, 'c', owned(real));
      await harness.until(ConfigMap, only('c', 'real'));
    }));

  it('does not let an owner in another namespace keep anything, and says so', () =>
    withHarness([GarbageCollector], async (harness) => {
      await harness.client.create(Namespace, { metadata: { name: 'other' } });
      const stranger = await make(harness, 'stranger', { namespace: 'other' });
      await make(harness, 'child', owned(stranger));
      await harness.until(ConfigMap, only());
      await harness.until(Event, (events) =>
        events.some(({ reason, regarding }) => reason === 'OwnerRefInvalidNamespace' && regarding?.name === 'child'),
      );
    }));

  it('never collects what is in no namespace for an owner in one', () =>
    withHarness([GarbageCollector], async (harness) => {
      const parent = await make(harness, 'parent');
      await harness.client.create(ClusterRole, {
        metadata: { name: 'role', ownerReferences: [reference(parent)] },
        rules: [],
      });
      await harness.client.delete(ConfigMap, { name: 'parent' });
      await harness.settle();
      expect((await harness.client.get(ClusterRole, { name: 'role' })).metadata.name).toBe('role');
    }));

  it('lets an owner without namespace keep objects in any', () =>
    withHarness([GarbageCollector], async (harness) => {
      const role = await harness.client.create(ClusterRole, { metadata: { name: 'role' }, rules: [] });
      await make(
        harness,
        'child',
        owned({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: role.metadata }),
      );
      await harness.settle();
      expect(harness.transport.writes).toEqual([]);
      await harness.client.delete(ClusterRole, { name: 'role' });
      await harness.until(ConfigMap, only());
    }));

  it('collects what was lost while it was not there, and is ready only then', () =>
    withHarness(
      [GarbageCollector],
      async (harness) => {
        await harness.until(ConfigMap, only());
        const { checks } = await harness.host.get(Readiness).report();
        expect(checks.find(({ name }) => name === 'garbage-collector-controller')).toMatchObject({ ok: true });
      },
      {
        async prepare(client) {
          const parent = await make({ client }, 'parent');
          await make({ client }, 'child', owned(parent));
          await client.delete(ConfigMap, { name: 'parent' });
        },
      },
    ));

  it.each([
    [409, 'Conflict'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
  ])('comes to its end though every second of its writes is answered %i', (code, reason) =>
    withHarness([GarbageCollector], async (harness) => {
      harness.transport.fault = (_request, count) => (count % 2 === 0 ? failure(code, reason) : undefined);
      const [one, two] = [await make(harness, 'one'), await make(harness, 'two')];
      for (let n = 0; n < 10; n++) {
        const child = await make(harness, `child-${n}`, blocking(one));
        await make(harness, `grandchild-${n}`, blocking(child));
        await make(harness, `kept-${n}`, owned(two));
      }
      await harness.client.delete(ConfigMap, { name: 'one' }, { propagationPolicy: 'Foreground' });
      await harness.client.delete(ConfigMap, { name: 'two' }, { propagationPolicy: 'Orphan' });
      await harness.until(ConfigMap, only(...Array.from({ length: 10 }, (_, n) => `kept-${n}`)));
      await harness.settle();
      const { items } = await harness.client.list(ConfigMap, { namespace: 'default' });
      expect(items.map(({ metadata }) => metadata.ownerReferences ?? [])).toEqual(items.map(() => []));
    }),
  );

  it('deletes the thousand objects of one owner', () =>
    withHarness([GarbageCollector], async (harness) => {
      const parent = await make(harness, 'parent');
      await Promise.all(Array.from({ length: 1000 }, (_, n) => make(harness, `child-${n}`, owned(parent))));
      await harness.client.delete(ConfigMap, { name: 'parent' });
      await harness.until(ConfigMap, only());
      // One delete each: whoever is being deleted is not looked at again.
      expect(harness.transport.writes).toHaveLength(1000);
    }));

  it('learns of new kinds at once', () =>
    withHarness([GarbageCollector], async (harness) => {
      await harness.settle();
      await harness.client.create(CustomResourceDefinition, definition);
      await harness.until(
        CustomResourceDefinition,
        ([first]) =>
          first?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true,
      );
      const parent = await harness.client.create(Thing, { metadata: { name: 'parent', namespace: 'default' } });
      await make(harness, 'child', owned(parent));
      await harness.client.delete(Thing, { name: 'parent' }, { propagationPolicy: 'Foreground' });
      await harness.until(ConfigMap, only());
      await harness.until(Thing, only());
    }));

  it.each(['Background', 'Foreground'] as const)('takes a whole Deployment away in policy %s', (propagationPolicy) =>
    withHarness([GarbageCollector, DeploymentController, ReplicaSetController, PodRunner], async (harness) => {
      await harness.client.create(Deployment, deployment('web'));
      await harness.until(Pod, (pods) => pods.length === 3);
      await harness.client.delete(Deployment, { name: 'web' }, { propagationPolicy });
      await harness.until(Pod, only());
      await harness.until(ReplicaSet, only());
      await harness.until(Deployment, only());
      await harness.settle();
      expect(await harness.podNames()).toEqual([]);
    }),
  );

  it('leaves pods running whose Deployment is orphaned', () =>
    withHarness([GarbageCollector, DeploymentController, ReplicaSetController, PodRunner], async (harness) => {
      await harness.client.create(Deployment, deployment('web'));
      await harness.until(Pod, (pods) => pods.length === 3);
      await harness.settle();
      const pods = await harness.podNames();
      await harness.client.delete(Deployment, { name: 'web' }, { propagationPolicy: 'Orphan' });
      await harness.until(Deployment, only());
      await harness.settle();
      expect(await harness.podNames()).toEqual(pods);
      const { items } = await harness.client.list(ReplicaSet, { namespace: 'default' });
      expect(items.map(({ metadata }) => metadata.ownerReferences ?? [])).toEqual([[]]);
    }));
});
