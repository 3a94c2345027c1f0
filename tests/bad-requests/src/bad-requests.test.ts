import { EmbeddedCluster } from '@kubewright/cluster';
import { kubeconfig } from '@kubewright/informer';
import type { ApiRequest, Transport } from '@kubewright/informer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, configMaps, deployments, json, post, rows } from './wrong-requests.js';

interface Answer {
  readonly status: number;
  readonly body: {
    readonly kind?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly code?: number;
    readonly details?: { readonly causes?: readonly { readonly field?: string; readonly reason?: string }[] };
  };
  readonly warnings: string;
}

let cluster: EmbeddedCluster;
let admin: Transport;
const opened: Transport[] = [];

async function connect(change: (text: string) => string = (text) => text): Promise<Transport> {
  const { transport } = await kubeconfig({ text: change(cluster.kubeconfig()) }).open();
  opened.push(transport);
  return transport;
}

async function ask(request: ApiRequest, transport = admin): Promise<Answer> {
  const response = await transport.send(request, AbortSignal.timeout(20_000));
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    status: response.status,
    body: JSON.parse(text) as Answer['body'],
    warnings: response.headers['warning'] ?? '',
  };
}

beforeAll(async () => {
  cluster = await new EmbeddedCluster({ listen: true, nodes: 0 }).start();
  admin = await connect();
});
afterAll(async () => {
  await Promise.all(opened.map((transport) => transport.close()));
  await cluster.stop();
});

describe('invariant 8: wrong input gets a Status that names what is wrong', () => {
  beforeAll(async () => {
    expect((await ask(post(configMaps, configMap('kept', ',"data":{"a":"1"}')))).status).toBe(201);
  });

  it.each(rows)('%s', async (_what, request, status, reason, message) => {
    const answer = await ask(request);
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: status, reason });
    expect(answer.status).toBe(status);
    if (typeof message === 'string') expect(answer.body.message).toContain(message);
    else expect(answer.body.message).toMatch(message);
  });

  it('invariant 11: warns of unknown fields by default, drops them, and keeps the rest', async () => {
    const answer = await ask(post(configMaps, configMap('warned', ',"colour":"red","data":{"a":"1"}')));
    expect(answer.status).toBe(201);
    expect(answer.warnings).toContain('unknown field \\"colour\\"');
    expect(answer.body).not.toHaveProperty('colour');
  });

  it('refuses a stale resourceVersion and leaves the object as it was', async () => {
    const stale = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kept","resourceVersion":"1"},"data":{"a":"2"}}`;
    const answer = await ask({ method: 'PUT', path: `${configMaps}/kept`, headers: json, body: stale });
    expect(answer.body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "kept": the object has been modified; please apply your changes to the latest version and try again',
    });
    expect((await ask({ method: 'GET', path: `${configMaps}/kept` })).body).toMatchObject({ data: { a: '1' } });
  });

  it('names each wrong field of one object', async () => {
    const { body } = await ask(
      post(
        deployments,
        '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":-1,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[]}}}}',
      ),
    );
    expect(body.details?.causes?.map(({ field }) => field)).toEqual(['spec.replicas', 'spec.template.spec.containers']);
  });

  it('leaves nothing half-written', async () => {
    const { body } = await ask({ method: 'GET', path: configMaps });
    const names = (body as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
    expect(names.toSorted()).toEqual(['kept', 'kube-root-ca.crt', 'warned']);
    expect((await ask({ method: 'GET', path: deployments })).body).toMatchObject({ items: [] });
  });
});

describe('invariant 9: credentials', () => {
  it('are needed', async () => {
    const nobody = await connect((text) => text.replace(/^\s*token: .*$/m, '    username: nobody'));
    const answer = await ask({ method: 'GET', path: configMaps }, nobody);
    expect(answer.body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "default"',
    });
  });

  it('must be right', async () => {
    const wrong = await connect((text) => text.replace(/token: .*/, 'token: wrong'));
    expect((await ask({ method: 'GET', path: configMaps }, wrong)).body).toMatchObject({
      code: 401,
      reason: 'Unauthorized',
    });
  });

  it('give no more than the role says', async () => {
    const jane = { 'impersonate-user': 'jane' };
    const refused = await ask({ method: 'GET', path: '/api/v1/namespaces/default/secrets', headers: jane });
    expect(refused.body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default"',
    });
    const role =
      '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"reader"},"rules":[{"apiGroups":[""],"resources":["configmaps"],"verbs":["get","list"]}]}';
    const binding =
      '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"readers"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"reader"},"subjects":[{"kind":"User","name":"jane","apiGroup":"rbac.authorization.k8s.io"}]}';
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    expect((await ask(post(`${rbac}/roles`, role))).status).toBe(201);
    expect((await ask(post(`${rbac}/rolebindings`, binding))).status).toBe(201);
    expect((await ask({ method: 'GET', path: configMaps, headers: jane })).status).toBe(200);
    expect(
      (await ask({ ...post(configMaps, configMap('by-jane')), headers: { ...json, ...jane } })).body,
    ).toMatchObject({
      code: 403,
      message:
        'configmaps is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "default"',
    });
    expect(
      (await ask({ ...post(`${rbac}/roles`, role.replace('reader', 'more')), headers: { ...json, ...jane } })).status,
    ).toBe(403);
  });
});
