import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding } from '@kubewright/api/rbac/v1';
import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import type { User } from '../auth/authenticator.js';
import type { Attributes, ResourceAttributes } from '../auth/authorizer.js';
import { controllerRoleBindings, controllerRoles } from '../bootstrap/controller-roles.js';
import { systemRoleBindings, systemRoles } from '../bootstrap/system-roles.js';
import { userRoles } from '../bootstrap/user-roles.js';
import { missingRules, ruleText } from './escalation.js';
import { RbacAuthorizer } from './rbac-authorizer.js';
import type { RbacSource } from './rbac-authorizer.js';
import { ruleAllows, subjectMatches } from './rule.js';

const alice: User = { name: 'alice', groups: ['dev', 'system:authenticated'] };
const asks = (verb: string, resource: string, more: Partial<ResourceAttributes> = {}): ResourceAttributes => ({
  kind: 'resource',
  user: alice,
  verb,
  group: '',
  version: 'v1',
  resource,
  subresource: '',
  namespace: 'default',
  name: '',
  ...more,
});
const path = (verb: string, of: string, user = alice): Attributes => ({ kind: 'path', user, verb, path: of });

describe('ruleAllows', () => {
  const rule = (more: Partial<PolicyRule>): PolicyRule => ({
    verbs: ['get'],
    apiGroups: [''],
    resources: ['pods'],
    ...more,
  });

  it.each<[string, PolicyRule, Attributes, boolean]>([
    ['the same resource', rule({}), asks('get', 'pods'), true],
    ['another verb', rule({}), asks('list', 'pods'), false],
    ['another group', rule({ apiGroups: ['apps'] }), asks('get', 'pods'), false],
    [
      'any group, verb and resource',
      rule({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }),
      asks('delete', 'x', { group: 'y' }),
      true,
    ],
    ['a subresource is not its resource', rule({}), asks('get', 'pods', { subresource: 'log' }), false],
    ['a named subresource', rule({ resources: ['pods/log'] }), asks('get', 'pods', { subresource: 'log' }), true],
    [
      'a subresource of anything',
      rule({ resources: ['*/scale'] }),
      asks('get', 'deployments', { subresource: 'scale' }),
      true,
    ],
    ['any resource covers subresources', rule({ resources: ['*'] }), asks('get', 'pods', { subresource: 'log' }), true],
    ['a named object', rule({ resourceNames: ['web'] }), asks('get', 'pods', { name: 'web' }), true],
    ['another name', rule({ resourceNames: ['web'] }), asks('get', 'pods', { name: 'db' }), false],
    [
      'a rule with names does not cover a collection',
      rule({ verbs: ['list'], resourceNames: ['web'] }),
      asks('list', 'pods'),
      false,
    ],
    ['a path', { verbs: ['get'], nonResourceURLs: ['/healthz'] }, path('get', '/healthz'), true],
    ['a path below', { verbs: ['get'], nonResourceURLs: ['/api/*'] }, path('get', '/api/v1'), true],
    [
      'a path below, by more than one star',
      { verbs: ['get'], nonResourceURLs: ['/api/**'] },
      path('get', '/api/v1'),
      true,
    ],
    ['another path', { verbs: ['get'], nonResourceURLs: ['/api'] }, path('get', '/apis'), false],
    ['a path rule covers no resource', { verbs: ['*'], nonResourceURLs: ['*'] }, asks('get', 'pods'), false],
  ])('%s', (_name, granted, asked, allowed) => {
    expect(ruleAllows(granted, asked)).toBe(allowed);
  });
});

describe('subjectMatches', () => {
  const account: User = { name: 'system:serviceaccount:prod:builder', groups: [] };

  it.each([
    [{ kind: 'User', name: 'alice' }, alice, true],
    [{ kind: 'User', name: 'bob' }, alice, false],
    [{ kind: 'Group', name: 'dev' }, alice, true],
    [{ kind: 'ServiceAccount', name: 'builder', namespace: 'prod' }, account, true],
    [{ kind: 'ServiceAccount', name: 'builder', namespace: 'dev' }, account, false],
    [{ kind: 'ServiceAccount', name: 'builder' }, account, true],
    [{ kind: 'ServiceAccount', name: 'builder', namespace: '' }, account, true],
    [{ kind: 'Robot', name: 'alice' }, alice, false],
  ])('%j', (subject, user, matches) => {
    expect(subjectMatches(subject, user, 'prod')).toBe(matches);
  });

  it('takes a service account of no namespace for nobody', () => {
    const nobody: User = { name: 'system:serviceaccount::builder', groups: [] };
    expect(subjectMatches({ kind: 'ServiceAccount', name: 'builder' }, nobody, '')).toBe(false);
  });
});

const meta = (name: string, namespace?: string): { name: string; namespace?: string } => ({
  name,
  ...(namespace && { namespace }),
});
const rbacKind = { apiVersion: 'rbac.authorization.k8s.io/v1' } as const;

function source(objects: {
  roles?: Role[];
  clusterRoles?: readonly ClusterRole[];
  bindings?: RoleBinding[];
  clusterBindings?: readonly ClusterRoleBinding[];
}): RbacSource {
  return {
    clusterRole: (name) => objects.clusterRoles?.find((role) => role.metadata.name === name),
    role: (namespace, name) =>
      objects.roles?.find((role) => role.metadata.name === name && role.metadata.namespace === namespace),
    clusterRoleBindings: () => objects.clusterBindings ?? [],
    roleBindings: (namespace) => (objects.bindings ?? []).filter((binding) => binding.metadata.namespace === namespace),
  };
}

describe('RbacAuthorizer', () => {
  const readPods: PolicyRule[] = [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }];
  const roleRef = (kind: string, name: string): { apiGroup: string; kind: string; name: string } => ({
    apiGroup: 'rbac.authorization.k8s.io',
    kind,
    name,
  });
  const toAlice = [{ kind: 'User', name: 'alice' }];

  it('allows by a role binding in its namespace only', async () => {
    const rbac = new RbacAuthorizer(
      source({
        roles: [{ ...rbacKind, kind: 'Role', metadata: meta('reader', 'default'), rules: readPods }],
        bindings: [
          {
            ...rbacKind,
            kind: 'RoleBinding',
            metadata: meta('b', 'default'),
            roleRef: roleRef('Role', 'reader'),
            subjects: toAlice,
          },
        ],
      }),
    );
    expect(await rbac.authorize(asks('get', 'pods'))).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/default" of Role "reader"',
    });
    expect(await rbac.authorize(asks('get', 'pods', { namespace: 'other' }))).toEqual({ allowed: false, reason: '' });
    expect((await rbac.authorize(asks('get', 'pods', { namespace: '' }))).allowed).toBe(false);
  });

  it('allows everywhere by a cluster role binding, and in one namespace by a binding of a cluster role', async () => {
    const clusterRoles: ClusterRole[] = [
      { ...rbacKind, kind: 'ClusterRole', metadata: meta('reader'), rules: readPods },
    ];
    const everywhere = new RbacAuthorizer(
      source({
        clusterRoles,
        clusterBindings: [
          {
            ...rbacKind,
            kind: 'ClusterRoleBinding',
            metadata: meta('b'),
            roleRef: roleRef('ClusterRole', 'reader'),
            subjects: toAlice,
          },
        ],
      }),
    );
    expect((await everywhere.authorize(asks('get', 'pods', { namespace: 'any' }))).allowed).toBe(true);
    const here = new RbacAuthorizer(
      source({
        clusterRoles,
        bindings: [
          {
            ...rbacKind,
            kind: 'RoleBinding',
            metadata: meta('b', 'default'),
            roleRef: roleRef('ClusterRole', 'reader'),
            subjects: toAlice,
          },
        ],
      }),
    );
    expect((await here.authorize(asks('get', 'pods'))).allowed).toBe(true);
    expect((await here.authorize(asks('get', 'pods', { namespace: 'any' }))).allowed).toBe(false);
  });

  it('ignores a binding whose role is gone', async () => {
    const rbac = new RbacAuthorizer(
      source({
        clusterBindings: [
          {
            ...rbacKind,
            kind: 'ClusterRoleBinding',
            metadata: meta('b'),
            roleRef: roleRef('ClusterRole', 'gone'),
            subjects: toAlice,
          },
        ],
      }),
    );
    expect((await rbac.authorize(asks('get', 'pods'))).allowed).toBe(false);
  });
});

describe('bootstrap policy', () => {
  const rbac = new RbacAuthorizer(
    source({
      clusterRoles: [...userRoles, ...systemRoles, ...controllerRoles],
      clusterBindings: [...systemRoleBindings, ...controllerRoleBindings],
    }),
  );
  const allowed = async (attributes: Attributes): Promise<boolean> => (await rbac.authorize(attributes)).allowed;

  it('lets masters do anything, every user discover, and nobody else read', async () => {
    const master: User = { name: 'root', groups: ['system:masters'] };
    const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
    expect(await allowed(asks('delete', 'nodes', { user: master }))).toBe(true);
    expect(await allowed(path('get', '/apis/apps/v1'))).toBe(true);
    expect(await allowed(path('get', '/apis', anonymous))).toBe(false);
    expect(await allowed(path('get', '/version', anonymous))).toBe(true);
    expect(await allowed(asks('list', 'secrets'))).toBe(false);
  });

  it('gives each controller what it needs and no more', async () => {
    const user: User = {
      name: 'system:serviceaccount:kube-system:deployment-controller',
      groups: ['system:serviceaccounts'],
    };
    expect(await allowed(asks('create', 'replicasets', { user, group: 'apps' }))).toBe(true);
    expect(await allowed(asks('create', 'pods', { user }))).toBe(false);
  });

  it('binds only roles that exist, under unique names', () => {
    const names = [...userRoles, ...systemRoles, ...controllerRoles].map((role) => role.metadata.name);
    expect(new Set(names).size).toBe(names.length);
    for (const binding of [...systemRoleBindings, ...controllerRoleBindings])
      expect(names).toContain(binding.roleRef.name);
  });
});

describe('missingRules', () => {
  const held: PolicyRule[] = [
    { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] },
    { verbs: ['*'], apiGroups: ['apps'], resources: ['*'] },
    { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['own'] },
  ];

  it.each<[string, PolicyRule, string[]]>([
    ['the same', { verbs: ['list', 'get'], apiGroups: [''], resources: ['pods'] }, []],
    ['less by name', { verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }, []],
    ['a wildcard covers', { verbs: ['patch'], apiGroups: ['apps'], resources: ['deployments/scale'] }, []],
    [
      'one verb more',
      { verbs: ['get', 'delete'], apiGroups: [''], resources: ['pods'] },
      ['{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}'],
    ],
    [
      'every name where one is held',
      { verbs: ['get'], apiGroups: [''], resources: ['secrets'] },
      ['{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'],
    ],
    ['a path', { verbs: ['get'], nonResourceURLs: ['/metrics'] }, ['{NonResourceURLs:["/metrics"], Verbs:["get"]}']],
  ])('%s', (_name, wanted, missing) => {
    expect(missingRules(held, [wanted]).map(ruleText)).toEqual(missing);
  });

  it('does not take a part of a subresource for the whole of it', () => {
    const own: PolicyRule = { verbs: ['impersonate'], apiGroups: ['g'], resources: ['*/acme.com'] };
    const wanted: PolicyRule = { verbs: ['impersonate'], apiGroups: ['g'], resources: ['userextras/acme.com/team'] };
    expect(missingRules([own], [wanted])).toHaveLength(1);
  });

  it('answers at once however many combinations a rule has', () => {
    const words = Array.from({ length: 20_000 }, (_, index) => `w${index}`);
    const wanted: PolicyRule = { verbs: words, apiGroups: words, resources: words, resourceNames: words };
    expect(missingRules(held, [wanted])).toHaveLength(1);
    expect(missingRules([{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], [wanted])).toEqual([]);
  });

  it('covers no rule that allows a request which the held rules do not', () => {
    const random = new SeededRandom(7);
    const of = (values: readonly string[]): string => values[Math.floor(random.next() * values.length)] ?? '';
    const some = (values: readonly string[]): string[] => values.filter(() => random.next() < 0.4);
    const rule = (): PolicyRule => ({
      verbs: some(['*', 'get', 'list']),
      apiGroups: some(['*', '', 'apps']),
      resources: some(['*', 'pods', 'pods/log', '*/log', '*/a', 'x/a/b']),
      resourceNames: random.next() < 0.5 ? [] : some(['a', 'b', '']),
      nonResourceURLs: some(['*', '/a', '/a*', '/a**', '/a/b']),
    });
    let covered = 0;
    for (let round = 0; round < 4_000; round++) {
      const own = [rule(), rule(), rule()];
      const wanted = rule();
      if (missingRules(own, [wanted]).length > 0) continue;
      covered++;
      for (let request = 0; request < 20; request++) {
        const [resource = '', ...rest] = of(['pods', 'pods/log', 'nodes/log', 'x/a/b', 'x/a']).split('/');
        const more = { group: of(['', 'apps', 'other']), subresource: rest.join('/'), name: of(['', 'a', 'b', 'c']) };
        const asked =
          random.next() < 0.5
            ? asks(of(['get', 'list', 'patch']), resource, more)
            : path(of(['get', 'patch']), of(['/a', '/a*', '/ab', '/a/b', '/b']));
        if (ruleAllows(wanted, asked)) expect(own.some((each) => ruleAllows(each, asked))).toBe(true);
      }
    }
    expect(covered).toBeGreaterThan(200);
  });
});
