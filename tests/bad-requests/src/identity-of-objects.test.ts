import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrontDoor, patchTypes } from './front-door.js';

const maps = '/api/v1/namespaces/default/configmaps';
const lease = '/apis/coordination.k8s.io/v1/namespaces/default/leases/one';
const reviews = '/apis/authorization.k8s.io/v1';
let door: FrontDoor;

beforeAll(async () => {
  door = await FrontDoor.open('cleaner', 'asker', 'grower');
  await door.admin('POST', maps, { body: { metadata: { name: 'kept' }, data: { a: '1' } } });
});
afterAll(() => door[Symbol.asyncDispose]());

describe('a change that creates', () => {
  const body = (metadata: object) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'one', ...metadata },
    spec: {},
  });

  it('does not make another object of one that was named by its uid', async () => {
    const gone = body({ uid: 'of-one-that-is-gone' });
    expect((await door.admin('PUT', lease, { body: gone })).status).toBe(409);
    expect((await door.admin('PATCH', `${lease}?fieldManager=m`, { type: patchTypes.apply, body: gone })).status).toBe(
      409,
    );
    expect((await door.admin('GET', lease)).status).toBe(404);
  });

  it('does not mind the version of an object that is gone', async () => {
    expect((await door.admin('PUT', lease, { body: body({ resourceVersion: '5' }) })).status).toBe(201);
  });
});

describe('a change without the name of the object', () => {
  it.each<[string, string, string, object]>([
    ['an update', 'PUT', 'application/json', { data: { a: '2' } }],
    ['a merge patch', 'PATCH', patchTypes.merge, { metadata: null }],
    ['a JSON patch', 'PATCH', patchTypes.json, [{ op: 'remove', path: '/metadata/name' }]],
    ['a strategic patch', 'PATCH', patchTypes.strategic, { metadata: { name: null } }],
  ])('is refused as %s', async (_what, method, type, body) => {
    const answer = await door.admin(method, `${maps}/kept?fieldManager=m`, { type, body });
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining('name must be provided')]);
    expect((await door.admin('GET', `${maps}/kept`)).body.data).toEqual({ a: '1' });
  });

  it('is refused as an apply that would create one', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap' };
    const answer = await door.admin('PATCH', `${maps}/unnamed?fieldManager=m`, { type: patchTypes.apply, body });
    expect(answer.status).toBe(400);
  });
});

describe('all namespaces at once', () => {
  it('are not emptied by one request, not even by who may delete everywhere', async () => {
    await door.allow('cleaner', [{ verbs: ['*'], apiGroups: [''], resources: ['configmaps'] }]);
    expect((await door.as('cleaner')('DELETE', '/api/v1/configmaps')).status).toBe(405);
    expect((await door.admin('DELETE', '/api/v1/configmaps')).status).toBe(405);
    expect((await door.admin('GET', `${maps}/kept`)).status).toBe(200);
  });

  it('take no new object', async () => {
    const body = { metadata: { name: 'new', namespace: 'default' } };
    expect((await door.admin('POST', '/api/v1/configmaps', { body })).status).toBe(405);
  });
});

describe('a delete', () => {
  it.each<[string, object | string]>([
    ['an object', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'another' } }],
    ['a list', []],
    ['nothing', 'null'],
  ])('whose body is %s and no options deletes nothing', async (_what, body) => {
    expect((await door.admin('DELETE', `${maps}/kept`, { body })).status).toBe(400);
    expect((await door.admin('DELETE', maps, { body })).status).toBe(400);
    expect((await door.admin('GET', `${maps}/kept`)).status).toBe(200);
  });
});

describe('the size of an object', () => {
  it('does not grow with every patch', async () => {
    await door.allow('grower', [
      { verbs: ['create', 'get', 'patch', 'delete'], apiGroups: ['*'], resources: ['pods'] },
    ]);
    const grower = door.as('grower');
    const pods = '/api/v1/namespaces/default/pods';
    const container = { name: 'c', image: 'i' };
    await grower('POST', pods, { body: { metadata: { name: 'big' }, spec: { containers: [container] } } });
    const status = (round: number): object => ({
      status: { conditions: [{ type: `T${round}`, status: 'True', message: 'x'.repeat(2_000_000) }] },
    });
    const grow = (round: number) =>
      door.admin('PATCH', `${pods}/big/status`, { type: patchTypes.strategic, body: status(round) });
    expect((await grow(0)).status).toBe(200);
    const second = await grow(1);
    expect([second.status, second.body.reason]).toEqual([413, 'RequestEntityTooLarge']);
    // What is there can still be changed and deleted.
    expect((await grower('DELETE', `${pods}/big?gracePeriodSeconds=0`)).status).toBe(200);
  });
});

describe('a question', () => {
  const resourceAttributes = { verb: 'get', resource: 'secrets', namespace: 'default' };
  const nonResourceAttributes = { verb: 'get', path: '/metrics' };

  it.each<[string, string, object]>([
    ['about two things', 'selfsubjectaccessreviews', { resourceAttributes, nonResourceAttributes }],
    ['about nothing', 'selfsubjectaccessreviews', {}],
    ['about nobody', 'subjectaccessreviews', { resourceAttributes }],
    ['about no user in no group', 'subjectaccessreviews', { user: '', groups: [], resourceAttributes }],
    ['about another namespace', 'namespaces/kube-system/localsubjectaccessreviews', { user: 'a', resourceAttributes }],
    [
      'about every namespace',
      'namespaces/default/localsubjectaccessreviews',
      { user: 'a', resourceAttributes: { verb: 'get', resource: 'secrets' } },
    ],
    ['about a path', 'namespaces/default/localsubjectaccessreviews', { user: 'a', nonResourceAttributes }],
  ])('%s is not answered', async (_what, path, spec) => {
    expect((await door.admin('POST', `${reviews}/${path}`, { body: { spec } })).status).toBe(422);
  });

  it('for a newer state than there is waits for it, and ends', async () => {
    expect((await door.admin('GET', `${maps}/kept?resourceVersion=0`)).status).toBe(200);
    expect((await door.admin('GET', `${maps}/kept?resourceVersion=999999999`)).status).toBe(504);
    expect((await door.admin('GET', `${maps}/kept?resourceVersion=x`)).status).toBe(400);
    expect((await door.admin('GET', `${maps}?resourceVersion=x`)).status).toBe(400);
  });
});

describe('a field manager', () => {
  it.each(['%01', 'a%0Ab', '%E2%80%AE', '%E2%80%A8'])('that cannot be read, %s, is refused', async (manager) => {
    const path = `${maps}/kept?fieldManager=${manager}`;
    expect((await door.admin('PATCH', path, { type: patchTypes.merge, body: {} })).status).toBe(422);
  });

  it('in any script is one', async () => {
    const path = `${maps}/kept?fieldManager=${encodeURIComponent('Zoë 管理者')}`;
    expect((await door.admin('PATCH', path, { type: patchTypes.merge, body: {} })).status).toBe(200);
  });
});
