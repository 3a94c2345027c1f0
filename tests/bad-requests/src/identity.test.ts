import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrontDoor, rbac } from './front-door.js';
import type { Ask, Reply } from './front-door.js';

let door: FrontDoor;
let proxy: Ask;
const review = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

beforeAll(async () => {
  door = await FrontDoor.open('proxy', 'plain');
  await door.allow('proxy', [
    { verbs: ['impersonate'], apiGroups: [''], resources: ['users'], resourceNames: ['jané', 'jane', 'a, b'] },
    { verbs: ['impersonate'], apiGroups: [''], resources: ['groups'], resourceNames: ['CN=x,OU=y', 'OU=y', 'dev'] },
    { verbs: ['impersonate'], apiGroups: ['authentication.k8s.io'], resources: ['userextras/scopes'] },
    { verbs: ['impersonate'], apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['robot'] },
  ]);
  proxy = door.as('proxy');
});
afterAll(() => door[Symbol.asyncDispose]());

describe('impersonation', () => {
  const as = async (headers: Record<string, string | string[]>, ask = proxy): Promise<Reply> =>
    ask('POST', review, { body: {}, headers });
  const whoIs = async (headers: Record<string, string | string[]>): Promise<unknown> =>
    (await as(headers)).body.status?.['userInfo'];

  it('takes a group with commas for one group, and several headers for several', async () => {
    expect(await whoIs({ 'Impersonate-User': 'jane', 'Impersonate-Group': 'CN=x,OU=y' })).toEqual({
      username: 'jane',
      groups: ['CN=x,OU=y', 'system:authenticated'],
    });
    expect(await whoIs({ 'Impersonate-User': 'jane', 'Impersonate-Group': ['CN=x,OU=y', 'dev'] })).toEqual({
      username: 'jane',
      groups: ['CN=x,OU=y', 'dev', 'system:authenticated'],
    });
    const joined = await as({ 'Impersonate-User': 'jane', 'Impersonate-Group': 'dev,OU=y' });
    expect(joined.status).toBe(403);
    const more = await as({ 'Impersonate-User': 'jane', 'Impersonate-Group': ['dev', 'system:masters'] });
    expect(more.status).toBe(403);
  });

  it('takes the first of several users, and a name with commas for one name', async () => {
    expect(await whoIs({ 'Impersonate-User': ['jane', 'root'] })).toMatchObject({ username: 'jane' });
    expect(await whoIs({ 'Impersonate-User': 'a, b' })).toMatchObject({ username: 'a, b' });
    expect((await as({ 'Impersonate-User': ['root', 'jane'] })).status).toBe(403);
  });

  it('reads names as UTF-8', async () => {
    const name = Buffer.from('jané').toString('latin1');
    expect(await whoIs({ 'Impersonate-User': name })).toMatchObject({ username: 'jané' });
  });

  it('asks for each extra value, the empty one too', async () => {
    const user = { 'Impersonate-User': 'jane' };
    expect(await whoIs({ ...user, 'Impersonate-Extra-Scopes': ['', 'a,b'] })).toMatchObject({
      extra: { scopes: ['', 'a,b'] },
    });
    expect((await as({ ...user, 'Impersonate-Extra-Other': '' })).status).toBe(403);
    expect((await as({ ...user, 'Impersonate-Extra-Scopes%2fMore': 'a' })).status).toBe(403);
    expect((await as({ ...user, 'Impersonate-Uid': 'u' })).status).toBe(403);
  });

  it('takes no service account out of a name that is none', async () => {
    expect(await whoIs({ 'Impersonate-User': 'system:serviceaccount:a:robot' })).toMatchObject({
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
    });
    for (const name of ['system:serviceaccount:a:robot:x', 'system:serviceaccount:A:robot'])
      expect((await as({ 'Impersonate-User': name })).status).toBe(403);
  });

  it('needs a name and a right, also of who shows nothing', async () => {
    expect((await as({ 'Impersonate-Group': 'dev' })).status).toBe(400);
    expect((await as({ 'Impersonate-Extra-Scopes': '' })).status).toBe(400);
    expect((await as({ 'Impersonate-User': 'jane' }, door.as('plain'))).status).toBe(403);
    expect((await as({ 'Impersonate-User': 'jane' }, door.nobody)).status).toBe(403);
  });

  it('does not believe what a proxy may say', async () => {
    const headers = { 'X-Remote-User': 'root', 'X-Remote-Group': 'system:masters' };
    expect((await door.nobody('GET', '/api/v1/secrets', { headers })).body.message).toContain('system:anonymous');
    expect((await door.as('plain')('POST', review, { body: {}, headers })).body.status).toEqual({
      userInfo: { username: 'plain', groups: ['system:authenticated'] },
    });
  });
});

const probes = ['/healthz', '/livez', '/readyz', '/version', '/readyz?verbose'];
const others = [
  '/',
  '/api',
  '/api/',
  '/api/v1',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/api/v1',
  '/metrics',
  '/healthz/ping',
  '/healthz/',
  '//healthz',
  '/%68ealthz',
  '/readyz/etcd',
  '/version/x',
  '/healthz/../metrics',
  '/.well-known/openid-configuration',
  '/debug/pprof',
  '/nowhere',
  '/api/v1/namespaces',
  '/api/v1/nodes',
  '/api/v1/secrets',
  '/api/v1/namespaces/default/pods/healthz',
  '/api/v1/watch/pods',
  '/apis/apps/v1/deployments',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  `${rbac}/clusterroles`,
];

describe('who shows nothing', () => {
  it.each(probes)('reads %s', async (path) => {
    const { status, text } = await door.nobody('GET', path);
    expect([status, text]).toEqual([200, expect.stringMatching(/ok|"gitVersion"/)]);
    expect((await door.nobody('GET', path, { headers: { authorization: 'Basic bm9ib2R5Og==' } })).status).toBe(200);
    expect((await door.nobody('POST', path)).status).toBe(403);
  });

  it.each(others)('does not read %s', async (path) => {
    for (const headers of [{}, { authorization: 'Basic bm9ib2R5Og==' }, { authorization: 'Bearer' }]) {
      const { status, body } = await door.nobody('GET', path, { headers });
      expect([status, body.message]).toEqual([403, expect.stringContaining('"system:anonymous"')]);
    }
  });

  it.each(['tokenreviews', 'selfsubjectreviews'])('asks for no %s', async (plural) => {
    const path = `/apis/authentication.k8s.io/v1/${plural}`;
    expect((await door.nobody('POST', path, { body: {} })).status).toBe(403);
  });

  it('asks nothing of what he may do', async () => {
    for (const plural of ['selfsubjectaccessreviews', 'subjectaccessreviews', 'selfsubjectrulesreviews'])
      expect((await door.nobody('POST', `/apis/authorization.k8s.io/v1/${plural}`, { body: {} })).status).toBe(403);
  });
});

describe('a credential that is wrong', () => {
  it.each([...probes, ...others])('is answered 401 at %s', async (path) => {
    for (const authorization of ['Bearer wrong', 'bearer wrong', 'Bearer wrong token-of-plain'])
      expect((await door.nobody('GET', path, { headers: { authorization } })).status).toBe(401);
    const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from('wrong').toString('base64url')}`;
    const headers = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-protocol': protocol };
    expect((await door.nobody('GET', path, { headers })).status).toBe(401);
  });

  it('is none that a page in a browser could send without opening a WebSocket', async () => {
    const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from('token-of-plain').toString('base64url')}`;
    const headers = { 'sec-websocket-protocol': protocol };
    const answer = await door.nobody('GET', '/api/v1/namespaces/default/configmaps', { headers });
    expect([answer.status, answer.body.message]).toEqual([403, expect.stringContaining('system:anonymous')]);
  });

  it('is not taken for anonymous by a review of tokens', async () => {
    const asked = async (token: unknown): Promise<Reply> =>
      door.admin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token } } });
    expect((await asked('token-of-plain')).body.status).toMatchObject({ authenticated: true });
    for (const token of ['wrong', ' token-of-plain', ' x', 'token-of-plain more'])
      expect((await asked(token)).body.status?.['authenticated']).toBe(false);
    expect((await asked('')).status).toBe(400);
  });
});
