import type { AdmissionRequest } from '@kubewright/apiserver';
import { AdmissionPlugin } from '@kubewright/apiserver';
import { statusErrors } from '@kubewright/api';
import { Deployment } from '@kubewright/api/apps/v1';
import { Lease } from '@kubewright/api/coordination/v1';
import { ConfigMap, Event, Namespace, Node, Pod } from '@kubewright/api/core/v1';
import type { PodSpec } from '@kubewright/api/core/v1';
import { Plugin } from '@kubewright/core';
import { Client, kubeconfig } from '@kubewright/informer';
import type { NewObject } from '@kubewright/informer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterErrors } from '../errors/cluster-errors.js';
import { TestCluster } from './test-cluster.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start({ nodes: 2 });
});
afterAll(() => cluster.stop());

const containers = [{ name: 'web', image: 'nginx' }];
const pod = (name: string, spec: Partial<PodSpec> = {}, annotations: Record<string, string> = {}): NewObject<Pod> => ({
  metadata: { name, annotations },
  spec: { containers, ...spec },
});
const get = (name: string): Promise<Pod> => cluster.client.get(Pod, { name });
const conditionOf = ({ status }: Pod, type: string) => status?.conditions?.find((condition) => condition.type === type);

describe('TestCluster', () => {
  it('registers nodes that look ready and renew their leases', async () => {
    const { items } = await cluster.client.list(Node);
    expect(items.map(({ metadata, spec }) => [metadata.name, spec?.podCIDR])).toEqual([
      ['node-1', '10.244.0.0/24'],
      ['node-2', '10.244.1.0/24'],
    ]);
    expect(items[0]?.status?.nodeInfo?.kubeletVersion).toMatch(/^v1\.36\./);
    const lease = await cluster.client.get(Lease, { name: 'node-1', namespace: 'kube-node-lease' });
    expect(lease.spec).toMatchObject({ holderIdentity: 'node-1', leaseDurationSeconds: 40 });
  });

  it('rolls a deployment out over the nodes, and takes it away again', async () => {
    const labels = { app: 'web' };
    const spec = {
      replicas: 4,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    };
    await cluster.client.create(Deployment, { metadata: { name: 'web' }, spec });
    await cluster.eventually(async () => {
      expect((await cluster.client.get(Deployment, { name: 'web' })).status?.readyReplicas).toBe(4);
    });
    const pods = await cluster.client.list(Pod, { labelSelector: 'app=web' });
    const nodes = pods.items
      .map((each) => each.spec?.nodeName ?? '')
      .toSorted((left, right) => left.localeCompare(right));
    expect(nodes).toEqual(['node-1', 'node-1', 'node-2', 'node-2']);
    expect(new Set(pods.items.map(({ status }) => status?.podIP)).size).toBe(4);
    await cluster.client.delete(Deployment, { name: 'web' });
    await cluster.eventually(async () => {
      expect((await cluster.client.list(Pod, { labelSelector: 'app=web' })).items).toEqual([]);
    });
  });

  it('does with pods what their annotations say', async () => {
    const outcome = 'simulated.kubewright.io/outcome';
    await Promise.all([
      cluster.client.create(Pod, pod('stuck', {}, { [outcome]: 'pending' })),
      cluster.client.create(Pod, pod('job', { restartPolicy: 'Never' }, { [outcome]: 'complete' })),
      cluster.client.create(Pod, pod('broken', { restartPolicy: 'Never' }, { [outcome]: 'fail' })),
      cluster.client.create(Pod, pod('looping', {}, { [outcome]: 'fail' })),
    ]);
    await cluster.eventually(async () => {
      const phases = await Promise.all(['stuck', 'job', 'broken'].map(async (name) => (await get(name)).status?.phase));
      expect(phases).toEqual(['Pending', 'Succeeded', 'Failed']);
      const [looping] = (await get('looping')).status?.containerStatuses ?? [];
      expect([looping?.restartCount, looping?.state?.waiting?.reason]).toEqual([1, 'CrashLoopBackOff']);
    });
    expect((await get('stuck')).status?.containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: 'ContainerCreating' },
    });
  });

  it('says on a pod why it has no node, and finds one when there is one', async () => {
    await cluster.client.create(Pod, pod('picky', { nodeSelector: { disk: 'ssd' } }));
    await cluster.eventually(async () => {
      const { items } = await cluster.client.list(Event, { fieldSelector: 'involvedObject.name=picky' });
      expect(items.map(({ reason }) => reason)).toContain('FailedScheduling');
    });
    expect(conditionOf(await get('picky'), 'PodScheduled')).toMatchObject({ status: 'False', reason: 'Unschedulable' });
    await cluster.client.patch(
      Node,
      { name: 'node-2' },
      { type: 'merge', patch: { metadata: { labels: { disk: 'ssd' } } } },
    );
    await cluster.eventually(async () => expect((await get('picky')).status?.phase).toBe('Running'));
    expect((await get('picky')).spec?.nodeName).toBe('node-2');
    expect(conditionOf(await get('picky'), 'PodScheduled')?.status).toBe('True');
  });

  it('ends pods gracefully, and lets finalizers hold them', async () => {
    await cluster.client.create(Pod, { ...pod('held'), metadata: { name: 'held', finalizers: ['example.com/hold'] } });
    await cluster.eventually(async () => expect((await get('held')).status?.phase).toBe('Running'));
    await cluster.client.delete(Pod, { name: 'held' });
    await cluster.eventually(async () => expect((await get('held')).metadata.deletionGracePeriodSeconds).toBe(0));
    await cluster.client.patch(Pod, { name: 'held' }, { type: 'merge', patch: { metadata: { finalizers: null } } });
    await expect(get('held')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  it('owns up to running no containers', async () => {
    await cluster.client.create(Pod, pod('quiet'));
    await cluster.eventually(async () => expect((await get('quiet')).status?.phase).toBe('Running'));
    await expect(cluster.client.pods.logs({ name: 'quiet' })).rejects.toMatchObject({
      code: 400,
      message: expect.stringMatching(
        /^node "node-\d" is simulated and runs no containers: there is no log of pod "quiet"$/,
      ),
    });
  });

  it('freezes what its caches hand out', async () => {
    const informer = cluster.informers.informer(Node);
    await cluster.eventually(() => expect(informer.lister.list()).toHaveLength(2));
    expect(informer.lister.list().map(({ metadata }) => Object.isFrozen(metadata))).toEqual([true, true]);
  });

  it('tells after which time an expectation was given up, and what it was', async () => {
    const failing = cluster.eventually(() => expect(1).toBe(2), { timeout: 5 });
    await expect(failing).rejects.toSatisfy(clusterErrors.EVENTUALLY.is);
    await expect(failing).rejects.toThrow(/not met within 5 ms: expected 1 to be 2/);
  });
});

@Plugin({ name: 'no-secrets-in-names', contributes: [AdmissionPlugin] })
class NamePolicy implements AdmissionPlugin {
  readonly name = 'NamePolicy';
  validate({ name }: AdmissionRequest): void {
    if (name.includes('secret')) throw statusErrors.badRequest('a name tells nothing');
  }
}

it('serves HTTPS where asked to, with plugins of its own and a kubeconfig that works', async () => {
  await using own = await TestCluster.start({ listen: true, nodes: 0, plugins: [NamePolicy] });
  const { transport } = await kubeconfig({ text: own.kubeconfig() }).open();
  const client = new Client({ transport, namespace: 'default' });
  const names = (await client.list(Namespace)).items.map(({ metadata }) => metadata.name);
  expect(names).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  await expect(client.create(ConfigMap, { metadata: { name: 'my-secret' } })).rejects.toMatchObject({
    message: 'a name tells nothing',
  });
  await transport.close();
});
