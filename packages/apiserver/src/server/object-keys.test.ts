import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeProtobuf } from '@kubewright/api/protobuf';
import { call, establishDefinition } from '../testing/requests.js';
import type { Answer } from '../testing/requests.js';
import { startTestApiServer } from '../testing/start-test-api-server.js';
import type { TestApiServer } from '../testing/start-test-api-server.js';

/** What an object has or inherits of its own, so that code which asks a plain object for such a key finds something. */
const keys = [
  '__proto__',
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'prototype',
  '__defineGetter__',
  '0',
];
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const jsonPatch = 'application/json-patch+json';
const apply = 'application/apply-patch+yaml';
const maps = '/api/v1/namespaces/default/configmaps';

let server: TestApiServer;
beforeAll(async () => {
  server = await startTestApiServer();
});
afterAll(() => server.stop());
afterEach(() => {
  expect(Reflect.ownKeys(Object.prototype)).toEqual(untouched);
});
const untouched = Reflect.ownKeys(Object.prototype);

const send = (...args: Parameters<typeof call> extends [unknown, ...infer Rest] ? Rest : never): Promise<Answer> =>
  call(server.transport, ...args);

/** `{"a":"1"}` of entries, whatever the keys are. */
const textOf = (entries: readonly (readonly [string, string])[]): string =>
  `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
const all = (value: string): string => textOf(keys.map((key) => [key, value]));
const entriesOf = (map: object | undefined): [string, unknown][] =>
  Object.entries(map ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
const expected = (value: string): [string, string][] =>
  keys.map((key): [string, string] => [key, value]).toSorted(([a], [b]) => (a < b ? -1 : 1));
const dataOf = async (name: string): Promise<[string, unknown][]> =>
  entriesOf((await send('GET', `${maps}/${name}`)).body.data);

describe('keys that objects have by themselves', () => {
  it('are stored from JSON and YAML and survive an update', async () => {
    const json = await send('POST', maps, `{"metadata":{"name":"json"},"data":${all('1')}}`);
    expect([json.status, entriesOf(json.body.data)]).toEqual([201, expected('1')]);
    expect(await dataOf('json')).toEqual(expected('1'));
    const updated = await send('PUT', `${maps}/json`, json.text.replaceAll('"1"', '"2"'));
    expect([updated.status, entriesOf(updated.body.data)]).toEqual([200, expected('2')]);
    const lines = keys.map((key) => `  "${key}": "1"\n`).join('');
    const yaml = await send('POST', maps, `metadata: {name: yaml}\ndata:\n${lines}`, 'application/yaml');
    expect([yaml.status, await dataOf('yaml')]).toEqual([201, expected('1')]);
  });

  it('are stored from protobuf', async () => {
    const object = JSON.parse(
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"protobuf"},"data":${all('1')}}`,
    ) as Parameters<typeof encodeProtobuf>[0];
    const body = encodeProtobuf(object);
    const headers = { 'content-type': 'application/vnd.kubernetes.protobuf' };
    const answer = await server.transport.send({ method: 'POST', path: maps, headers, body });
    expect(answer.status).toBe(201);
    expect(await dataOf('protobuf')).toEqual(expected('1'));
  });

  it.each([merge, strategic])('are set and removed by %s', async (type) => {
    const name = `by-${type === merge ? 'merge' : 'strategic'}`;
    await send('POST', maps, `{"metadata":{"name":"${name}"}}`);
    const path = `${maps}/${name}`;
    expect((await send('PATCH', path, `{"data":${all('1')}}`, type)).status).toBe(200);
    expect(await dataOf(name)).toEqual(expected('1'));
    const nulls = `{"data":${all('1').replaceAll('"1"', 'null')}}`;
    expect((await send('PATCH', path, nulls, type)).status).toBe(200);
    expect(await dataOf(name)).toEqual([]);
  });

  it('are set and removed by a JSON patch, which reaches no prototype', async () => {
    await send('POST', maps, '{"metadata":{"name":"json-patch"},"data":{"a":"1"}}');
    const path = `${maps}/json-patch`;
    const add = keys.map((key) => ({ op: 'add', path: `/data/${key}`, value: '1' }));
    expect((await send('PATCH', path, add, jsonPatch)).status).toBe(200);
    const remove = [...keys, 'a'].map((key) => ({ op: 'remove', path: `/data/${key}` }));
    expect(entriesOf((await send('GET', path)).body.data)).toHaveLength(keys.length + 1);
    expect((await send('PATCH', path, remove, jsonPatch)).status).toBe(200);
    const deep = [{ op: 'add', path: '/constructor/prototype/polluted', value: '1' }];
    expect((await send('PATCH', path, deep, jsonPatch)).status).toBe(422);
    const up = [{ op: 'add', path: '/__proto__/polluted', value: '1' }];
    expect((await send('PATCH', path, up, jsonPatch)).status).toBe(422);
  });

  it('are owned, taken over and given up by appliers', async () => {
    const body = (data: string): string =>
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied"},"data":${data}}`;
    const path = `${maps}/applied?fieldManager`;
    const first = await send('PATCH', `${path}=first`, body(all('1')), apply);
    expect([first.status, await dataOf('applied')]).toEqual([201, expected('1')]);
    for (const key of keys) expect(JSON.stringify(first.body.metadata.managedFields)).toContain(`"f:${key}"`);
    const conflict = await send('PATCH', `${path}=other`, body(all('2')), apply);
    expect([conflict.status, conflict.text.match(/conflict/g)?.length]).toEqual([409, expect.any(Number)]);
    expect((await send('PATCH', `${path}=other&force=true`, body(all('2')), apply)).status).toBe(200);
    expect(await dataOf('applied')).toEqual(expected('2'));
    expect((await send('PATCH', `${path}=other`, body('{"a":"1"}'), apply)).status).toBe(200);
    expect(await dataOf('applied')).toEqual([['a', '1']]);
  });

  it('are stored in Secrets, also from stringData', async () => {
    const path = '/api/v1/namespaces/default/secrets';
    const plain = await send('POST', path, `{"metadata":{"name":"plain"},"stringData":${all('1')}}`);
    expect([plain.status, entriesOf(plain.body.data)]).toEqual([201, expected('MQ==')]);
    for (const type of keys) {
      const named = await send('POST', path, { metadata: { generateName: 's-' }, type });
      expect(named.status).toBe(201);
    }
    const incomplete = await send('POST', path, { metadata: { name: 'tls' }, type: 'kubernetes.io/tls' });
    expect(incomplete.status).toBe(422);
  });

  it('are labels and annotations like others, and selectors ask for them', async () => {
    const labels = { constructor: 'a', toString: 'b' };
    const metadata = { name: 'labelled', labels, annotations: { valueOf: 'c' } };
    const answer = await send('POST', maps, { metadata });
    expect(answer.body.metadata).toMatchObject(metadata);
    const found = async (selector: string): Promise<string[]> => {
      const path = `${maps}?labelSelector=${encodeURIComponent(selector)}`;
      return (await send('GET', path)).body.items.map((item) => item.metadata.name);
    };
    expect(await found('constructor')).toEqual(['labelled']);
    expect(await found('constructor=a,toString in (b)')).toEqual(['labelled']);
    expect(await found('!constructor')).not.toContain('labelled');
    expect(await found('valueOf')).toEqual([]);
    const deployment = (expression: object) => ({
      metadata: { generateName: 'd-' },
      spec: {
        selector: { matchLabels: { app: 'a' }, matchExpressions: [expression] },
        template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    });
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    const absent = deployment({ key: 'constructor', operator: 'DoesNotExist' });
    expect((await send('POST', deployments, absent)).status).toBe(201);
    expect((await send('POST', deployments, deployment({ key: 'toString', operator: 'Exists' }))).status).toBe(422);
  });

  it('are unknown where the kind does not have them', async () => {
    for (const key of keys) {
      const body = `{"metadata":{"name":"unknown"},${JSON.stringify(key)}:{"polluted":"1"}}`;
      expect((await send('POST', `${maps}?fieldValidation=Strict&dryRun=All`, body)).status).toBe(400);
    }
    expect((await send('GET', maps, undefined, '', { accept: 'constructor' })).status).toBe(406);
    for (const key of ['constructor', '__proto__']) {
      expect((await send('GET', `/api/v1/namespaces/default/${key}`)).status).toBe(404);
      expect((await send('POST', `/apis/authorization.k8s.io/v1/${key}`, {})).status).toBe(404);
      expect((await send('GET', `${maps}/labelled/${key}`)).status).toBe(404);
    }
    const high = { metadata: { name: 'constructor' }, value: 2_000_000_000 };
    expect((await send('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', high)).status).toBe(422);
  });
});

describe('such keys in custom resources', () => {
  const odd = '/apis/example.com/v1/namespaces/default/odds';

  beforeAll(async () => {
    const properties = {
      spec: {
        type: 'object',
        properties: {
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          map: { type: 'object', additionalProperties: { type: 'string' } },
          constructor: { type: 'string', default: 'made' },
          list: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['constructor'],
            items: { type: 'object', required: ['constructor'], properties: { constructor: { type: 'string' } } },
          },
        },
      },
    };
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties };
    const scale = { specReplicasPath: '.spec.__proto__.polluted', statusReplicasPath: '.status.constructor' };
    const column = { name: 'Odd', type: 'string', jsonPath: '.spec.free.constructor' };
    const version = {
      name: 'v1',
      served: true,
      storage: true,
      schema: { openAPIV3Schema: schema },
      subresources: { scale, status: {} },
      additionalPrinterColumns: [column],
    };
    const names = { plural: 'odds', kind: 'Odd' };
    const definition = {
      metadata: { name: 'odds.example.com' },
      spec: { group: 'example.com', scope: 'Namespaced', names, versions: [version] },
    };
    await establishDefinition(server.transport, definition);
  });

  it('are stored and served back, below the specification and at the root', async () => {
    const inner = `{"free":${all('1')},"map":${all('2')},"list":[{"constructor":"a"}]}`;
    const hidden = '{"metadata":{"resourceVersion":"9","name":"hidden"}}';
    const body = (more: string): string =>
      `{"apiVersion":"example.com/v1","kind":"Odd","metadata":{"name":"one"${more}},"spec":${inner},"0":${hidden},"__proto__":${hidden}}`;
    expect((await send('POST', odd, body(''))).status).toBe(201);
    const { text, body: stored } = await send('GET', `${odd}/one`);
    const { spec } = JSON.parse(text) as { spec: Record<'free' | 'map' | 'constructor', object> };
    expect([entriesOf(spec.free), entriesOf(spec.map)]).toEqual([expected('1'), expected('2')]);
    expect(spec.constructor).toBe('made');
    expect(stored.metadata.name).toBe('one');
    expect(stored.metadata.resourceVersion).not.toBe('9');
    expect(Object.entries(JSON.parse(text) as object)).toContainEqual(['0', JSON.parse(hidden)]);
    expect((await send('GET', odd)).body.items.map((item) => item.metadata.resourceVersion)).toEqual([
      stored.metadata.resourceVersion,
    ]);
    const again = body(`,"resourceVersion":"${stored.metadata.resourceVersion}","labels":{"a":"b"}`);
    expect((await send('PUT', `${odd}/one`, again)).status).toBe(200);
    const table = await send('GET', odd, undefined, '', {
      accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
    });
    expect(table.text).toContain('"cells":["one","1"]');
  });

  it('are applied item by item, and scaled without touching a prototype', async () => {
    const config = (list: string): string =>
      `{"apiVersion":"example.com/v1","kind":"Odd","metadata":{"name":"two"},"spec":{"list":${list},"map":${all('1')}}}`;
    const path = `${odd}/two?fieldManager`;
    expect((await send('PATCH', `${path}=a`, config('[{"constructor":"a"}]'), apply)).status).toBe(201);
    const other = await send('PATCH', `${path}=b&force=true`, config('[{"constructor":"b"}]'), apply);
    expect(other.text).toContain('"list":[{"constructor":"a"},{"constructor":"b"}]');
    const scaled = await send('PATCH', `${odd}/two/scale`, { spec: { replicas: 3 } }, merge);
    expect(scaled.status).toBe(200);
    const { text } = await send('GET', `${odd}/two`);
    expect(text).toContain('"__proto__":{"polluted":3}');
    expect((await send('GET', `${odd}/two/scale`)).text).toContain('"replicas":3');
  });

  it('name no property that the schema does not have', async () => {
    const list = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['constructor'],
      items: { type: 'object', properties: { name: { type: 'string' } } },
    };
    const schema = { type: 'object', properties: { list } };
    const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } };
    const definition = {
      metadata: { name: 'wrongs.example.com' },
      spec: { group: 'example.com', scope: 'Cluster', names: { plural: 'wrongs', kind: 'Wrong' }, versions: [version] },
    };
    const answer = await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
    expect([answer.status, answer.body.message]).toEqual([
      422,
      expect.stringContaining('entries must all be names of item properties'),
    ]);
  });
});
