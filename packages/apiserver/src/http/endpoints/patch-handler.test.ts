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

const maps = '/api/v1/namespaces/default/configmaps';
const apply = 'application/apply-patch+yaml';
const config = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data });

/** A JSON text that somebody's editor wrote as Latin-1. */
const latin1 = Buffer.from(JSON.stringify(config({ one: 'caf\u00e9' })), 'latin1');

describe('a body that is no UTF-8', () => {
  it.each([
    ['POST', maps, 'application/json'],
    ['POST', maps, 'application/yaml'],
    ['PUT', `${maps}/a`, 'application/json'],
    ['PATCH', `${maps}/a`, 'application/merge-patch+json'],
    ['PATCH', `${maps}/a?fieldManager=me`, apply],
  ] as const)('is refused instead of stored with other characters: %s %s %s', async (method, path, type) => {
    if (method !== 'POST') await call(transport, 'POST', maps, config({ one: '1' }));
    const response = await transport.send({ method, path, headers: { 'content-type': type }, body: latin1 });
    let text = '';
    for await (const chunk of response.body) text += Buffer.from(chunk).toString();
    expect([response.status, text]).toEqual([400, expect.stringContaining('the body is no UTF-8')]);
    const { status, body } = await call(transport, 'GET', `${maps}/a`);
    if (method === 'POST') expect(status).toBe(404);
    else expect(body.data).toEqual({ one: '1' });
  });
});

describe('PATCH', () => {
  it('takes JSON patches, merge patches and strategic merge patches', async () => {
    await call(transport, 'POST', maps, config({ one: '1' }));
    const json = [
      { op: 'test', path: '/data/one', value: '1' },
      { op: 'add', path: '/data/two', value: '2' },
    ];
    expect((await call(transport, 'PATCH', `${maps}/a`, json, 'application/json-patch+json')).body).toMatchObject({
      data: { one: '1', two: '2' },
    });
    const merged = await call(transport, 'PATCH', `${maps}/a`, { data: { one: null } }, 'application/merge-patch+json');
    expect(merged.body.data).toEqual({ two: '2' });
    const strategic = { metadata: { labels: { x: 'y' } }, data: { $patch: 'replace', three: '3' } };
    const replaced = await call(transport, 'PATCH', `${maps}/a`, strategic, 'application/strategic-merge-patch+json');
    expect(replaced.body.data).toEqual({ three: '3' });
    expect((await call(transport, 'PATCH', `${maps}/a`, {}, 'application/json')).status).toBe(415);
    expect((await call(transport, 'PATCH', `${maps}/none`, {}, 'application/merge-patch+json')).status).toBe(404);
    const failing = [{ op: 'test', path: '/data/three', value: 'x' }];
    expect((await call(transport, 'PATCH', `${maps}/a`, failing, 'application/json-patch+json')).status).toBe(422);
  });

  it('is tried again when somebody else was faster, unless it names a version', async () => {
    const { body } = await call(transport, 'POST', maps, config({}));
    const patches = Array.from({ length: 5 }, (_, n) =>
      call(transport, 'PATCH', `${maps}/a`, { data: { [`k${n}`]: 'v' } }, 'application/merge-patch+json'),
    );
    expect((await Promise.all(patches)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(Object.keys((await call(transport, 'GET', `${maps}/a`)).body.data ?? {})).toHaveLength(5);
    const stale = { metadata: { resourceVersion: body.metadata.resourceVersion }, data: {} };
    expect((await call(transport, 'PATCH', `${maps}/a`, stale, 'application/merge-patch+json')).status).toBe(409);
  });

  it('applies on the server: creates, owns, conflicts, forces, and writes nothing where nothing changes', async () => {
    const path = `${maps}/a?fieldManager=one`;
    const created = await call(transport, 'PATCH', path, config({ k: '1' }), apply);
    expect(created.status).toBe(201);
    expect(created.body.metadata.managedFields[0]).toMatchObject({ manager: 'one', operation: 'Apply' });
    const again = await call(transport, 'PATCH', path, config({ k: '1' }), apply);
    expect(again.body.metadata.resourceVersion).toBe(created.body.metadata.resourceVersion);
    const other = `${maps}/a?fieldManager=two`;
    const conflict = await call(transport, 'PATCH', other, config({ k: '2' }), apply);
    expect(conflict.body).toMatchObject({
      code: 409,
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.data.k' }] },
    });
    const forced = await call(transport, 'PATCH', `${other}&force=true`, config({ k: '2' }), apply);
    expect(forced.body.data).toEqual({ k: '2' });
    expect((await call(transport, 'PATCH', `${maps}/a`, config({}), apply)).status).toBe(422);
  });

  it('applies with a uid only to that object, and with a resourceVersion no other state; what is absent a version lets be made', async () => {
    const applied = (metadata: object) =>
      call(
        transport,
        'PATCH',
        `${maps}/a?fieldManager=one`,
        { ...config({ k: '1' }), metadata: { name: 'a', ...metadata } },
        apply,
      );
    expect((await applied({ uid: 'x' })).body).toMatchObject({
      code: 409,
      message: expect.stringMatching('uid') as string,
    });
    const created = await applied({ resourceVersion: '1' });
    expect(created.status).toBe(201);
    expect((await applied({ resourceVersion: '1' })).status).toBe(409);
    expect((await applied({ uid: 'x' })).status).toBe(409);
    const { uid, resourceVersion } = created.body.metadata;
    expect((await applied({ uid, resourceVersion })).status).toBe(200);
  });

  it('warns of what the kind does not have, and refuses it when asked to', async () => {
    await call(transport, 'POST', maps, config({}));
    const warned = await call(transport, 'PATCH', `${maps}/a`, { dat: {} }, 'application/merge-patch+json');
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"dat\\""');
    const strict = await call(
      transport,
      'PATCH',
      `${maps}/a?fieldValidation=Strict`,
      { dat: {} },
      'application/merge-patch+json',
    );
    expect(strict.status).toBe(400);
    const twice = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"data":{"a":"1","a":"2"}}';
    const duplicate = await call(transport, 'POST', `${maps}?fieldValidation=Strict`, twice);
    expect(duplicate.text).toContain('duplicate field \\"data.a\\"');
    const wrong = await call(
      transport,
      'POST',
      maps,
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"data":7}',
    );
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('cannot be handled as a ConfigMap')]);
  });
});

describe('versions of built-in kinds', () => {
  it('show one event under both groups', async () => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      reason: 'R',
      message: 'M',
      type: 'Normal',
    };
    await call(transport, 'POST', '/api/v1/namespaces/default/events', event);
    const other = await call(transport, 'GET', '/apis/events.k8s.io/v1/namespaces/default/events/e');
    expect(other.body).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'M', regarding: { name: 'p' } });
    const selected = await call(transport, 'GET', '/api/v1/events?fieldSelector=involvedObject.name%3Dp');
    expect(selected.body.items).toHaveLength(1);
  });

  it('show an autoscaler in both versions', async () => {
    const path = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
    const spec = {
      maxReplicas: 5,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      targetCPUUtilizationPercentage: 70,
    };
    const created = await call(transport, 'POST', path('v1'), {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec,
    });
    expect(created.body).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 70 } });
    const second = await call(transport, 'GET', `${path('v2')}/h`);
    expect(second.body).toMatchObject({
      spec: { metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 70 } } }] },
    });
  });
});
