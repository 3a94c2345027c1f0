import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrontDoor, patchTypes, rbac } from './front-door.js';
import type { Ask, Reply } from './front-door.js';

let door: FrontDoor;
const core = '/api/v1/namespaces/default';
const maps = `${core}/configmaps`;
const forbidden = 403;

beforeAll(async () => {
  door = await FrontDoor.open('patcher', 'updater', 'creator', 'lister', 'named', 'watcher', 'deleter', 'talker');
  for (const name of ['one', 'two']) await door.admin('POST', maps, { body: { metadata: { name } } });
});
afterAll(() => door[Symbol.asyncDispose]());

const everything = { apiGroups: ['*'], resources: ['*'] };
const names = ({ body }: Reply): string[] => (body.items ?? []).map(({ metadata }) => metadata.name);

describe('the right to change is none to create', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'new' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'new' }, spec: {} };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'new' }, spec: { ports: [{ port: 80 }] } };
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'new' }, rules: [] };
  const paths: Readonly<Record<string, string>> = {
    Pod: `${core}/pods/new`,
    Lease: '/apis/coordination.k8s.io/v1/namespaces/default/leases/new',
    Service: `${core}/services/new`,
    Role: `${rbac}/namespaces/default/roles/new`,
  };
  const pathOf = (object: { kind: string }): string => paths[object.kind] ?? '';

  beforeAll(async () => {
    await door.allow('patcher', [{ verbs: ['patch', 'get'], ...everything }]);
    await door.allow('updater', [{ verbs: ['update', 'get'], ...everything }]);
    await door.allow('creator', [
      { verbs: ['patch', 'update'], ...everything },
      { verbs: ['create'], apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['new'] },
    ]);
  });

  it.each([pod, lease, service, role])('by applying a $kind', async (object) => {
    const wish = { type: patchTypes.apply, body: object };
    for (const query of ['?fieldManager=m', '?fieldManager=m&force=true', '?fieldManager=m&dryRun=All']) {
      const answer = await door.as('patcher')('PATCH', pathOf(object) + query, wish);
      expect([answer.status, answer.body.message]).toEqual([forbidden, expect.stringContaining('cannot create')]);
    }
    expect((await door.admin('GET', pathOf(object))).status).toBe(404);
  });

  it.each([lease, service, role])('by an update of a $kind', async (object) => {
    for (const query of ['', '?dryRun=All']) {
      const answer = await door.as('updater')('PUT', pathOf(object) + query, { body: object });
      expect([answer.status, answer.body.message]).toEqual([forbidden, expect.stringContaining('cannot create')]);
    }
    expect((await door.admin('GET', pathOf(object))).status).toBe(404);
  });

  it('and a right to create that names the object is enough', async () => {
    const wish = { type: patchTypes.apply, body: lease };
    expect((await door.as('creator')('PATCH', `${pathOf(lease)}?fieldManager=m`, wish)).status).toBe(201);
    expect((await door.as('patcher')('PATCH', `${pathOf(lease)}?fieldManager=m`, wish)).status).toBe(200);
    await door.admin('DELETE', pathOf(lease));
    expect((await door.as('creator')('PUT', pathOf(lease), { body: lease })).status).toBe(201);
  });

  it('nor does a subresource make the object', async () => {
    const body = { ...pod, status: { phase: 'Running' } };
    for (const subresource of ['status', 'ephemeralcontainers', 'resize']) {
      const path = `${core}/pods/new/${subresource}`;
      expect((await door.as('updater')('PUT', path, { body })).status).toBe(404);
      const applied = await door.as('patcher')('PATCH', `${path}?fieldManager=m`, { type: patchTypes.apply, body });
      expect(applied.status).toBe(404);
    }
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'new' }, spec: { replicas: 1 } };
    const path = '/apis/apps/v1/namespaces/default/deployments/new/scale';
    expect((await door.as('updater')('PUT', path, { body: scale })).status).toBe(404);
  });
});

describe('one verb is not another', () => {
  beforeAll(async () => {
    const maps = { apiGroups: [''], resources: ['configmaps'] };
    await door.allow('lister', [{ verbs: ['list'], ...maps }], 'default');
    await door.allow('watcher', [{ verbs: ['watch'], ...maps }], 'default');
    await door.allow('deleter', [{ verbs: ['delete', 'get'], ...maps }], 'default');
    await door.allow('talker', [{ verbs: ['get'], apiGroups: [''], resources: ['pods/*', 'pods/exec'] }], 'default');
  });

  it.each(['watch=True', 'watch=TRUE', 'watch=yes', 'watch=1', 'watch=t', 'watch', 'watch=', 'watch=on&watch=false'])(
    'a list with %s is a watch',
    async (query) => {
      const refused = await door.as('lister')('GET', `${maps}?${query}`, { first: true });
      expect([refused.status, refused.body.message]).toEqual([forbidden, expect.stringContaining('cannot watch')]);
      const watched = await door.as('watcher')('GET', `${maps}?${query}`, { first: true });
      expect([watched.status, JSON.parse(watched.text.split('\n')[0] ?? '')]).toEqual([
        200,
        expect.objectContaining({ type: 'ADDED' }),
      ]);
    },
  );

  it.each(['watch=false', 'watch=False', 'watch=FALSE', 'watch=0', 'watch=0&watch=true', 'Watch=true', ''])(
    'a list with %s is a list',
    async (query) => {
      expect((await door.as('watcher')('GET', `${maps}?${query}`)).status).toBe(forbidden);
      expect(names(await door.as('lister')('GET', `${maps}?${query}`))).toContain('one');
    },
  );

  it('a watch under the old paths is a watch, and nothing but GET is there', async () => {
    const old = '/api/v1/watch/namespaces/default/configmaps';
    expect((await door.as('lister')('GET', old, { first: true })).status).toBe(forbidden);
    expect((await door.as('lister')('GET', `${old}?watch=false`, { first: true })).status).toBe(forbidden);
    expect((await door.as('watcher')('GET', old, { first: true })).status).toBe(200);
    expect((await door.admin('DELETE', old)).status).toBe(405);
    expect(names(await door.admin('GET', maps))).toContain('one');
  });

  it('a get is no list, a delete none of a collection, and a selector with a name changes nothing of that', async () => {
    const { lister, deleter } = { lister: door.as('lister'), deleter: door.as('deleter') };
    const byName = `${maps}?fieldSelector=metadata.name%3Done`;
    expect((await lister('GET', `${maps}/one`)).status).toBe(forbidden);
    expect((await deleter('GET', byName)).status).toBe(forbidden);
    expect((await deleter('DELETE', byName)).status).toBe(forbidden);
    expect((await deleter('DELETE', maps)).status).toBe(forbidden);
    expect(names(await door.admin('GET', maps))).toContain('one');
  });

  it('a stream is opened by who may create it, also with GET', async () => {
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    for (const headers of [{}, upgrade]) {
      const path = `${core}/pods/one/exec?command=id`;
      const answer = await door.as('talker')('GET', path, { headers });
      expect([answer.status, answer.body.message]).toEqual([forbidden, expect.stringContaining('cannot create')]);
    }
  });
});

describe('a right to one name', () => {
  let named: Ask;
  beforeAll(async () => {
    const one = { apiGroups: [''], resources: ['configmaps'], resourceNames: ['one'] };
    await door.allow('named', [{ verbs: ['list', 'watch', 'deletecollection'], ...one }], 'default');
    named = door.as('named');
  });
  const select = (selector: string): string => `${maps}?fieldSelector=${encodeURIComponent(selector)}`;

  it.each(['metadata.name=one', 'metadata.name==one', 'metadata.name=one,metadata.namespace=default'])(
    'lets its holder list and watch with %s',
    async (selector) => {
      expect(names(await named('GET', select(selector)))).toEqual(['one']);
      const watched = await named('GET', `${select(selector)}&watch=true`, { first: true });
      expect([watched.status, watched.text]).toEqual([200, expect.stringContaining('"name":"one"')]);
    },
  );

  it.each(['metadata.name=one,metadata.name=two', 'metadata.name=one,metadata.namespace=other'])(
    'shows nothing where the selector, as %s, lets nothing through',
    async (selector) => {
      const listed = await named('GET', select(selector));
      expect([listed.status, names(listed)]).toEqual([200, []]);
    },
  );

  it.each([
    '',
    'metadata.name=two',
    'metadata.name!=two',
    'metadata.name!=one',
    'metadata.namespace=default',
    'metadata.name=one\\,two',
    ' metadata.name=one',
  ])('is none to list with %j', async (selector) => {
    expect((await named('GET', select(selector))).status).toBe(forbidden);
    expect((await named('GET', `${select(selector)}&watch=true`, { first: true })).status).toBe(forbidden);
  });

  it('is none to a second selector, to the old watch, or to delete a collection', async () => {
    const two = encodeURIComponent('metadata.name=two');
    expect(names(await named('GET', `${select('metadata.name=one')}&fieldSelector=${two}`))).toEqual(['one']);
    expect((await named('GET', `${select('metadata.name=two')}&fieldSelector=metadata.name%3Done`)).status).toBe(403);
    expect((await named('DELETE', select('metadata.name=one'))).status).toBe(forbidden);
    const old = `/api/v1/watch/namespaces/default/configmaps?fieldSelector=metadata.name%3Done`;
    expect((await named('GET', old, { first: true })).status).toBe(forbidden);
  });
});

describe('parameters mean what they mean upstream', () => {
  it.each(['True', 'TRUE', '1', 'yes', ''])('force=%s takes a field over', async (force) => {
    const body = (value: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owned' },
      data: { key: value },
    });
    const path = `${maps}/owned?fieldManager`;
    const wish = { type: patchTypes.apply };
    await door.admin('PATCH', `${path}=first&force=true`, { ...wish, body: body('1') });
    expect((await door.admin('PATCH', `${path}=other`, { ...wish, body: body('2') })).status).toBe(409);
    expect((await door.admin('PATCH', `${path}=other&force=FALSE`, { ...wish, body: body('2') })).status).toBe(409);
    const forced = await door.admin('PATCH', `${path}=other&force=${force}`, { ...wish, body: body('2') });
    expect([forced.status, forced.body.data]).toEqual([200, { key: '2' }]);
  });

  it('force belongs to an apply alone', async () => {
    const answer = await door.admin('PATCH', `${maps}/one?force=true`, { type: patchTypes.merge, body: {} });
    expect([answer.status, answer.body.message]).toEqual([
      422,
      expect.stringContaining('may not be specified for non-apply patch'),
    ]);
  });

  it.each(['', 'all', 'true', 'All&dryRun=none'])('dryRun=%s is no dry run, and no write either', async (value) => {
    const path = `${maps}?dryRun=${value}`;
    expect((await door.admin('POST', path, { body: { metadata: { name: 'wet' } } })).status).toBe(422);
    expect((await door.admin('DELETE', `${maps}/one?dryRun=${value}`)).status).toBe(422);
    expect(names(await door.admin('GET', maps))).not.toContain('wet');
  });

  it('a revision that no 64-bit number is, is refused at once', async () => {
    for (const version of ['18446744073709551616', '9'.repeat(5_000), '-1', '1.0'])
      expect((await door.admin('GET', `${maps}?resourceVersion=${version}`)).status).toBe(400);
    const token = JSON.stringify({ v: 'meta.k8s.io/v1', rv: '9223372036854775808', start: 'one' });
    const query = `continue=${Buffer.from(token).toString('base64url')}`;
    expect((await door.admin('GET', `${maps}?${query}`)).status).toBe(400);
  });

  it.each(['limit=abc', 'limit=1.5', 'limit=1e3', 'limit=', 'limit=9223372036854775808', 'limit=0x10'])(
    '%s is refused',
    async (query) => {
      expect((await door.admin('GET', `${maps}?${query}`)).status).toBe(400);
    },
  );

  it.each(['limit=9223372036854775807', 'limit=%2B500', 'limit=-1', 'limit=0', 'limit=500&limit=abc'])(
    '%s lists everything',
    async (query) => {
      expect(names(await door.admin('GET', `${maps}?${query}`))).toContain('two');
    },
  );

  it.each(['True', '1', ''])('sendInitialEvents=%s and allowWatchBookmarks=%s are obeyed', async (yes) => {
    const query = `watch=${yes}&sendInitialEvents=${yes}&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=${yes}`;
    const nowhere = `&fieldSelector=${encodeURIComponent('metadata.name=nobody')}`;
    const answer = await door.admin('GET', `${maps}?${query}${nowhere}`, { first: true });
    expect(answer.text).toContain('k8s.io/initial-events-end');
  });
});
