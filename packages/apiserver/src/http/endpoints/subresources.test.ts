import type { Transport } from '@kubewright/informer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call } from '../../testing/requests.js';
import { startTestApiServer } from '../../testing/start-test-api-server.js';
import type { TestApiServer } from '../../testing/start-test-api-server.js';

let server: TestApiServer;
let transport: Transport;
beforeEach(async () => {
  server = await startTestApiServer();
  ({ transport } = server);
});
afterEach(() => server.stop());

const pods = '/api/v1/namespaces/default/pods';
const merge = 'application/merge-patch+json';

const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});

describe('subresources', () => {
  it('bind a pod once', async () => {
    await call(transport, 'POST', pods, pod('a'));
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'a' },
      target: { kind: 'Node', name: 'n1' },
    };
    expect((await call(transport, 'POST', `${pods}/a/binding`, binding)).status).toBe(201);
    const bound = await call(transport, 'GET', `${pods}/a`);
    expect(bound.body).toMatchObject({
      spec: { nodeName: 'n1' },
      status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
    });
    const again = await call(transport, 'POST', `${pods}/a/binding`, binding);
    expect([again.status, again.text]).toEqual([409, expect.stringContaining('pod a is already assigned to node')]);
  });

  it('delete a running pod in two steps, another at once', async () => {
    await call(transport, 'POST', pods, pod('free'));
    await call(transport, 'DELETE', `${pods}/free`);
    expect((await call(transport, 'GET', `${pods}/free`)).status).toBe(404);
    await call(transport, 'POST', pods, pod('bound', { nodeName: 'n1' }));
    const deleting = await call(transport, 'DELETE', `${pods}/bound`);
    expect(deleting.body).toMatchObject({ metadata: { deletionGracePeriodSeconds: 30 } });
    expect((await call(transport, 'GET', `${pods}/bound`)).status).toBe(200);
    await call(transport, 'DELETE', `${pods}/bound`, { gracePeriodSeconds: 0 });
    expect((await call(transport, 'GET', `${pods}/bound`)).status).toBe(404);
  });

  it('evict a pod as its budget allows', async () => {
    await call(transport, 'POST', pods, pod('a', { nodeName: 'n1' }));
    await call(transport, 'PATCH', `${pods}/a/status`, { status: { phase: 'Running' } }, merge);
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'a' } } };
    await call(transport, 'POST', budgets, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b' },
      spec,
    });
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'a' },
      deleteOptions: { gracePeriodSeconds: 0 },
    };
    const unknown = await call(transport, 'POST', `${pods}/a/eviction`, eviction);
    expect(unknown.body).toMatchObject({ code: 429, details: { causes: [{ reason: 'DisruptionBudget' }] } });
    const status = {
      observedGeneration: 1,
      disruptionsAllowed: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
    };
    await call(transport, 'PATCH', `${budgets}/b/status`, { status }, merge);
    expect((await call(transport, 'POST', `${pods}/a/eviction`, eviction)).status).toBe(201);
    expect((await call(transport, 'GET', `${pods}/a`)).status).toBe(404);
    const spent = await call(transport, 'GET', `${budgets}/b`);
    expect(spent.body).toMatchObject({ status: { disruptionsAllowed: 0, disruptedPods: { a: expect.any(String) } } });
  });

  it('scale what has replicas', async () => {
    const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    const spec = { replicas: 2, selector: { matchLabels: { app: 'a' } }, template };
    await call(transport, 'POST', deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec,
    });
    const scale = await call(transport, 'GET', `${deployments}/d/scale`);
    expect(scale.body).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { selector: 'app=a' } });
    const put = await call(transport, 'PUT', `${deployments}/d/scale`, { ...scale.body, spec: { replicas: 3 } });
    expect(put.body).toMatchObject({ spec: { replicas: 3 } });
    const stale = await call(transport, 'PUT', `${deployments}/d/scale`, { ...scale.body, spec: { replicas: 4 } });
    expect(stale.status).toBe(409);
    const negative = await call(transport, 'PATCH', `${deployments}/d/scale`, { spec: { replicas: -1 } }, merge);
    expect(negative.status).toBe(422);
  });

  it('hold a namespace until it is finalized, and refuse new content meanwhile', async () => {
    await call(transport, 'POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'gone' },
    });
    const deleting = await call(transport, 'DELETE', '/api/v1/namespaces/gone');
    expect(deleting.body).toMatchObject({ status: { phase: 'Terminating' }, spec: { finalizers: ['kubernetes'] } });
    const late = await call(transport, 'POST', '/api/v1/namespaces/gone/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
    });
    expect(late.body).toMatchObject({ code: 403, details: { causes: [{ reason: 'NamespaceTerminating' }] } });
    await call(transport, 'PUT', '/api/v1/namespaces/gone/finalize', { ...deleting.body, spec: {} });
    expect((await call(transport, 'GET', '/api/v1/namespaces/gone')).status).toBe(404);
    expect(
      (await call(transport, 'POST', '/api/v1/namespaces/none/configmaps', { metadata: { name: 'a' } })).status,
    ).toBe(404);
    expect((await call(transport, 'DELETE', '/api/v1/namespaces/default')).status).toBe(403);
  });

  it('are refused where a resource or a verb does not have them', async () => {
    expect((await call(transport, 'GET', '/api/v1/namespaces/default/configmaps/a/status')).status).toBe(404);
    expect((await call(transport, 'DELETE', `${pods}/a/status`)).status).toBe(405);
  });
});

describe('deletes', () => {
  const maps = '/api/v1/namespaces/default/configmaps';
  const map = (name: string, labels = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } });

  it('respect preconditions, policies and dry runs', async () => {
    const { body } = await call(transport, 'POST', maps, map('a'));
    expect((await call(transport, 'DELETE', `${maps}/a`, { preconditions: { uid: 'other' } })).status).toBe(409);
    expect((await call(transport, 'DELETE', `${maps}/a`, { propagationPolicy: 'Sideways' })).status).toBe(422);
    expect((await call(transport, 'DELETE', `${maps}/a`, { dryRun: ['All'] })).status).toBe(200);
    expect((await call(transport, 'GET', `${maps}/a`)).status).toBe(200);
    const waiting = await call(transport, 'DELETE', `${maps}/a?propagationPolicy=Foreground`);
    expect([waiting.status, waiting.body]).toMatchObject([202, { metadata: { finalizers: ['foregroundDeletion'] } }]);
    const { uid } = body.metadata;
    await call(transport, 'DELETE', `${maps}/a`, { propagationPolicy: 'Background', preconditions: { uid } });
    expect((await call(transport, 'GET', `${maps}/a`)).status).toBe(404);
  });

  it('take a whole collection, or what a selector picks', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => call(transport, 'POST', maps, map(`m${n}`, { odd: String(n % 2) }))),
    );
    const picked = await call(transport, 'DELETE', `${maps}?labelSelector=odd%3D1`);
    expect([picked.body.kind, picked.body.items.length]).toEqual(['ConfigMapList', 25]);
    expect((await call(transport, 'GET', maps)).body.items).toHaveLength(25);
    await call(transport, 'DELETE', maps);
    expect((await call(transport, 'GET', maps)).body.items).toEqual([]);
  });
});

describe('admission', () => {
  it('gives pods tolerations, a priority and an existing service account', async () => {
    const created = await call(transport, 'POST', pods, pod('a'));
    expect(created.body).toMatchObject({
      spec: { priority: 0, tolerations: [{ key: 'node.kubernetes.io/not-ready', tolerationSeconds: 300 }, {}] },
    });
    const priority = '/apis/scheduling.k8s.io/v1/priorityclasses';
    await call(transport, 'POST', priority, {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'high' },
      value: 1000,
    });
    const high = await call(transport, 'POST', pods, pod('b', { priorityClassName: 'high' }));
    expect(high.body).toMatchObject({ spec: { priority: 1000 } });
    expect((await call(transport, 'POST', pods, pod('c', { priorityClassName: 'none' }))).status).toBe(403);
    const strict = await startTestApiServer({ without: [] });
    const refused = await call(strict.transport, 'POST', pods, pod('a'));
    expect([refused.status, refused.text]).toEqual([
      403,
      expect.stringContaining('error looking up service account default/default'),
    ]);
    await strict.stop();
  });
});

describe('Services', () => {
  const services = '/api/v1/namespaces/default/services';
  const service = (name: string, spec: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });

  it('get addresses and ports, once each, until they are deleted', async () => {
    const dynamic = await call(transport, 'POST', services, service('a', { type: 'NodePort' }));
    expect(dynamic.body.spec.clusterIP).toMatch(/^10\.96\.\d+\.\d+$/);
    expect(dynamic.body.spec.ports[0]?.nodePort).toBeGreaterThanOrEqual(30_000);
    const fixed = await call(transport, 'POST', services, service('b', { clusterIP: '10.96.0.10' }));
    expect(fixed.body).toMatchObject({ spec: { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] } });
    const taken = await call(transport, 'POST', services, service('c', { clusterIP: '10.96.0.10' }));
    expect([taken.status, taken.text]).toEqual([422, expect.stringContaining('provided IP is already allocated')]);
    await call(transport, 'DELETE', `${services}/b`);
    expect((await call(transport, 'POST', services, service('c', { clusterIP: '10.96.0.10' }))).status).toBe(201);
    const headless = await call(transport, 'POST', services, service('d', { clusterIP: 'None' }));
    expect(headless.body).toMatchObject({ spec: { clusterIP: 'None' } });
    const foreign = await call(transport, 'POST', services, service('e', { clusterIP: '192.168.0.1' }));
    expect(foreign.status).toBe(422);
    const port = await call(
      transport,
      'POST',
      services,
      service('f', { type: 'NodePort', ports: [{ port: 80, nodePort: 99 }] }),
    );
    expect(port.status).toBe(422);
  });

  it('keep them over updates', async () => {
    const { body } = await call(transport, 'POST', services, service('a', {}));
    const patched = await call(transport, 'PATCH', `${services}/a`, { spec: { selector: { app: 'x' } } }, merge);
    expect(patched.body.spec.clusterIP).toBe(body.spec.clusterIP);
    const dry = await call(transport, 'POST', `${services}?dryRun=All`, service('b', { clusterIP: '10.96.0.20' }));
    expect(dry.status).toBe(201);
    expect((await call(transport, 'GET', `${services}/b`)).status).toBe(404);
    expect((await call(transport, 'POST', services, service('b', { clusterIP: '10.96.0.20' }))).status).toBe(201);
  });
});
