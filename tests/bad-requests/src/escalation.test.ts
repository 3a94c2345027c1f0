import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrontDoor, patchTypes, rbac } from './front-door.js';
import type { Ask } from './front-door.js';

const group = 'rbac.authorization.k8s.io';
const anything = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];
const secrets = { verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'] };
const writing = (resources: string[]) => ({
  verbs: ['get', 'list', 'create', 'update', 'patch', 'delete', 'deletecollection'],
  apiGroups: [group],
  resources,
});
const everybody = { clusterRoleSelectors: [{ matchExpressions: [{ key: 'nowhere', operator: 'DoesNotExist' }] }] };
const toMallory = [{ kind: 'User', apiGroup: group, name: 'mallory' }];

let door: FrontDoor;
let mallory: Ask;

beforeAll(async () => {
  door = await FrontDoor.open('mallory', 'root', 'escalator');
  mallory = door.as('mallory');
  await door.allow('mallory', [writing(['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'])]);
  await door.allow('root', anything);
  const role = { metadata: { name: 'empty-of-mallory' }, rules: [] };
  await door.admin('POST', `${rbac}/clusterroles`, { body: role });
  const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'empty-of-mallory' };
  const binding = { metadata: { name: 'empty-of-mallory' }, roleRef, subjects: toMallory };
  await door.admin('POST', `${rbac}/clusterrolebindings`, { body: binding });
});
afterAll(() => door[Symbol.asyncDispose]());

afterAll(async () => {
  // Whatever was tried: nobody has got hold of a secret.
  expect((await mallory('GET', '/api/v1/secrets')).status).toBe(403);
});

describe('who may write roles cannot come to more rights by', () => {
  const own = `${rbac}/clusterroles/empty-of-mallory`;
  const aggregating = { apiVersion: `${group}/v1`, kind: 'ClusterRole', aggregationRule: everybody };

  it.each<[string, string, string, string, object]>([
    ['a merge patch', 'PATCH', own, patchTypes.merge, { aggregationRule: everybody }],
    ['a strategic patch', 'PATCH', own, patchTypes.strategic, { aggregationRule: everybody }],
    ['a JSON patch', 'PATCH', own, patchTypes.json, [{ op: 'add', path: '/aggregationRule', value: everybody }]],
    ['an update', 'PUT', own, 'application/json', { ...aggregating, metadata: { name: 'empty-of-mallory' } }],
    ['a new role', 'POST', `${rbac}/clusterroles`, 'application/json', { ...aggregating, metadata: { name: 'new' } }],
    [
      'an update that creates',
      'PUT',
      `${rbac}/clusterroles/new`,
      'application/json',
      { ...aggregating, metadata: { name: 'new' } },
    ],
  ])('an aggregation rule in %s', async (_what, method, path, type, body) => {
    const { status, body: answer } = await mallory(method, path, { type, body });
    expect([status, answer.message]).toEqual([
      403,
      expect.stringContaining('must have cluster-admin privileges to use the aggregationRule'),
    ]);
  });

  it('an aggregation rule that is applied', async () => {
    const body = { ...aggregating, metadata: { name: 'empty-of-mallory' } };
    const path = `${own}?fieldManager=m&force=true`;
    expect((await mallory('PATCH', path, { type: patchTypes.apply, body })).status).toBe(403);
  });

  it('taking an aggregation rule away', async () => {
    const body = { aggregationRule: null };
    expect((await mallory('PATCH', `${rbac}/clusterroles/view`, { type: patchTypes.merge, body })).status).toBe(403);
  });

  it('a label that makes a powerful role part of a role he has', async () => {
    const body = { metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } } };
    for (const type of [patchTypes.merge, patchTypes.strategic]) {
      const { status } = await mallory('PATCH', `${rbac}/clusterroles/cluster-admin`, { type, body });
      expect(status).toBe(403);
    }
  });

  it('rules that he does not have, however they are written', async () => {
    const rules = [secrets];
    expect((await mallory('PATCH', own, { type: patchTypes.merge, body: { rules } })).status).toBe(403);
    const add = [{ op: 'add', path: '/rules', value: rules }];
    expect((await mallory('PATCH', own, { type: patchTypes.json, body: add })).status).toBe(403);
    const namespaced = `${rbac}/namespaces/default/roles`;
    for (const place of [namespaced, `${rbac}/clusterroles`]) {
      const kind = place === namespaced ? 'Role' : 'ClusterRole';
      const body = { apiVersion: `${group}/v1`, kind, metadata: { name: 'more' }, rules };
      expect((await mallory('POST', place, { body })).status).toBe(403);
      expect((await mallory('PUT', `${place}/more`, { body })).status).toBe(403);
      const applied = await mallory('PATCH', `${place}/more?fieldManager=m`, { type: patchTypes.apply, body });
      expect(applied.status).toBe(403);
    }
  });

  it('a binding to a role that has more, or that does not exist yet', async () => {
    const bind = (kind: string, name: string) => ({
      metadata: { name: 'mine' },
      roleRef: { apiGroup: group, kind, name },
      subjects: toMallory,
    });
    for (const place of [`${rbac}/clusterrolebindings`, `${rbac}/namespaces/default/rolebindings`]) {
      expect((await mallory('POST', place, { body: bind('ClusterRole', 'cluster-admin') })).status).toBe(403);
      expect((await mallory('PUT', `${place}/mine`, { body: bind('ClusterRole', 'view') })).status).toBe(403);
      expect((await mallory('POST', place, { body: bind('ClusterRole', 'absent') })).status).toBe(404);
    }
    const absent = await mallory('POST', `${rbac}/namespaces/default/rolebindings`, { body: bind('Role', 'absent') });
    expect(absent.status).toBe(404);
  });

  it('putting himself into a binding that is there', async () => {
    const body = { subjects: toMallory };
    const path = `${rbac}/clusterrolebindings/cluster-admin`;
    expect((await mallory('PATCH', path, { type: patchTypes.merge, body })).status).toBe(403);
    expect((await mallory('PATCH', path, { type: patchTypes.strategic, body })).status).toBe(403);
  });

  it('turning a binding of his to another role', async () => {
    const path = `${rbac}/clusterrolebindings/empty-of-mallory`;
    const body = { roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' } };
    expect((await mallory('PATCH', path, { type: patchTypes.merge, body })).status).not.toBe(200);
  });
});

describe('the rights to give rights', () => {
  it('are those of an administrator: everything, and all paths', async () => {
    const body = { metadata: { name: 'aggregate' }, aggregationRule: everybody };
    expect((await door.as('root')('POST', `${rbac}/clusterroles`, { body })).status).toBe(201);
  });

  it('can be given for one role by its name, which no role made under another path has', async () => {
    await door.allow('escalator', [
      writing(['clusterroles']),
      { verbs: ['escalate'], apiGroups: [group], resources: ['clusterroles'], resourceNames: ['this'] },
    ]);
    const escalator = door.as('escalator');
    const body = { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'this' }, rules: [secrets] };
    expect((await escalator('POST', `${rbac}/clusterroles`, { body })).status).toBe(403);
    expect((await escalator('PUT', `${rbac}/clusterroles/this`, { body })).status).toBe(201);
    const other = { ...body, metadata: { name: 'that' } };
    expect((await escalator('PUT', `${rbac}/clusterroles/that`, { body: other })).status).toBe(403);
  });

  it('are not needed to let an object go, or to write what one has', async () => {
    const name = 'held';
    const body = { metadata: { name, finalizers: ['example.com/hold'] }, rules: [secrets] };
    await door.admin('POST', `${rbac}/clusterroles`, { body });
    const path = `${rbac}/clusterroles/${name}`;
    const release = { metadata: { finalizers: null } };
    expect((await mallory('PATCH', path, { type: patchTypes.merge, body: release })).status).toBe(200);
    const mine = { metadata: { name: 'mine' }, rules: [writing(['roles'])] };
    expect((await mallory('POST', `${rbac}/clusterroles`, { body: mine })).status).toBe(201);
  });
});
