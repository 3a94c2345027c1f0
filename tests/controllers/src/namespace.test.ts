import { Deployment } from '@kubewright/api/apps/v1';
import { ConfigMap, Namespace, Pod, Secret, ServiceAccount } from '@kubewright/api/core/v1';
import { ClusterRole } from '@kubewright/api/rbac/v1';
import {
  ClusterRoleAggregationController,
  DeploymentController,
  NamespaceController,
  ReplicaSetController,
  ServiceAccountController,
  stockControllers,
} from '@kubewright/controllers';
import { describe, expect, it } from 'vitest';
import { deployment, withHarness } from './harness.js';
import { PodRunner } from './pod-runner.js';

const inShop = <T extends { readonly metadata: object }>(object: T): T => ({
  ...object,
  metadata: { ...object.metadata, namespace: 'shop' },
});
const conditions = ({ status }: Namespace): string[] =>
  (status?.conditions ?? []).filter((each) => each.status === 'True').map(({ type, message }) => `${type}: ${message}`);

describe('the namespace controller', () => {
  it('empties a namespace that is being deleted, and lets it go', () =>
    withHarness([NamespaceController, DeploymentController, ReplicaSetController, PodRunner], async (harness) => {
      const { client } = harness;
      await client.create(Namespace, { metadata: { name: 'shop' } });
      await client.create(Deployment, inShop(deployment('web')));
      await client.create(Secret, { metadata: { name: 'key', namespace: 'shop' } });
      await client.create(Secret, { metadata: { name: 'key', namespace: 'default' } });
      await harness.until(Pod, (pods) => pods.length === 3, 'shop');
      await client.delete(Namespace, { name: 'shop' });
      await harness.until(Namespace, (all) => all.every(({ metadata }) => metadata.name !== 'shop'));
      for (const kind of [Pod, Secret, Deployment])
        expect((await client.list<Pod | Secret | Deployment>(kind, { namespace: 'shop' })).items).toEqual([]);
      expect((await client.list(Secret, { namespace: 'default' })).items).toHaveLength(1);
    }));

  it('removes pods before anything else', () =>
    withHarness([NamespaceController], async (harness) => {
      const { client } = harness;
      await client.create(Namespace, { metadata: { name: 'shop' } });
      await client.create(Secret, { metadata: { name: 'key', namespace: 'shop' } });
      await client.create(Pod, {
        metadata: { name: 'web', namespace: 'shop', finalizers: ['example.com/hold'] },
        spec: { containers: [{ name: 'main', image: 'v1' }], terminationGracePeriodSeconds: 0 },
      });
      await client.delete(Namespace, { name: 'shop' });
      const [shop] = (await harness.until(Namespace, (all) => all.some((each) => conditions(each).length > 0))).filter(
        ({ metadata }) => metadata.name === 'shop',
      );
      expect(shop?.status?.phase).toBe('Terminating');
      expect(shop && conditions(shop)).toEqual([
        'NamespaceContentRemaining: Still there: pods (1)',
        'NamespaceFinalizersRemaining: Held by finalizers: example.com/hold (1)',
      ]);
      expect((await client.list(Secret, { namespace: 'shop' })).items).toHaveLength(1);
      await client.patch(
        Pod,
        { name: 'web', namespace: 'shop' },
        { type: 'merge', patch: { metadata: { finalizers: null } } },
      );
      await harness.until(Namespace, (all) => all.every(({ metadata }) => metadata.name !== 'shop'));
    }));
});

describe('the bundle of stock controllers', () => {
  it('gives every namespace its ServiceAccount and certificate, and restores them', () =>
    withHarness([stockControllers({ certificateAuthority: 'PEM' })], async (harness) => {
      const { client } = harness;
      await client.create(Namespace, { metadata: { name: 'shop' } });
      for (const namespace of ['default', 'kube-system', 'shop']) {
        await harness.until(
          ServiceAccount,
          (all) => all.some(({ metadata }) => metadata.name === 'default'),
          namespace,
        );
        await harness.until(
          ConfigMap,
          (all) => all.some(({ metadata, data }) => metadata.name === 'kube-root-ca.crt' && data?.['ca.crt'] === 'PEM'),
          namespace,
        );
      }
      await client.delete(ServiceAccount, { name: 'default', namespace: 'shop' });
      await client.patch(
        ConfigMap,
        { name: 'kube-root-ca.crt', namespace: 'shop' },
        { type: 'merge', patch: { data: { 'ca.crt': 'forged' } } },
      );
      await harness.until(ServiceAccount, (all) => all.length === 1, 'shop');
      await harness.until(ConfigMap, ([first]) => first?.data?.['ca.crt'] === 'PEM', 'shop');
      await client.delete(Namespace, { name: 'shop' });
      await harness.until(Namespace, (all) => all.every(({ metadata }) => metadata.name !== 'shop'));
      await harness.settle();
      const before = harness.transport.writes.length;
      await client.patch(
        Namespace,
        { name: 'default' },
        { type: 'merge', patch: { metadata: { labels: { touched: 'yes' } } } },
      );
      await harness.settle();
      expect(harness.transport.writes.slice(before)).toEqual([]);
    }));
});

describe('the ServiceAccount controller', () => {
  it('leaves a namespace alone that is being deleted', () =>
    withHarness([ServiceAccountController], async (harness) => {
      await harness.client.create(Namespace, { metadata: { name: 'shop' } });
      await harness.until(ServiceAccount, (all) => all.length === 1, 'shop');
      await harness.client.delete(Namespace, { name: 'shop' });
      await harness.client.delete(ServiceAccount, { name: 'default', namespace: 'shop' });
      await harness.settle();
      expect((await harness.client.list(ServiceAccount, { namespace: 'shop' })).items).toEqual([]);
    }));
});

describe('the ClusterRole aggregation controller', () => {
  const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });

  it('joins the rules of what is selected, and follows changes', () =>
    withHarness([ClusterRoleAggregationController], async (harness) => {
      const { client } = harness;
      const part = (name: string, ...resources: string[]) =>
        client.create(ClusterRole, { metadata: { name, labels: { part: 'yes' } }, rules: resources.map(rule) });
      await client.create(ClusterRole, {
        metadata: { name: 'all' },
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] },
      });
      await part('b', 'pods', 'nodes');
      await part('a', 'pods', 'secrets');
      const is =
        (...resources: string[]) =>
        (roles: readonly ClusterRole[]): boolean =>
          roles
            .find(({ metadata }) => metadata.name === 'all')
            ?.rules?.map((each) => each.resources?.[0])
            .join() === resources.join();
      await harness.until(ClusterRole, is('pods', 'secrets', 'nodes'));
      await client.patch(
        ClusterRole,
        { name: 'a' },
        { type: 'merge', patch: { metadata: { labels: { part: 'no' } } } },
      );
      await harness.until(ClusterRole, is('pods', 'nodes'));
    }));
});
