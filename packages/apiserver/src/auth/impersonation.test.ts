import { describe, expect, it } from 'vitest';
import type { Attributes, Authorizer } from './authorizer.js';
import { impersonate } from './impersonation.js';

const admin = { name: 'admin', groups: ['system:masters'] };

function allowing(...names: string[]): Authorizer & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    authorize(attributes: Attributes) {
      const what =
        attributes.kind === 'resource'
          ? `${attributes.verb} ${attributes.resource}/${attributes.subresource} ${attributes.namespace} ${attributes.name}`
          : '';
      asked.push(what);
      return Promise.resolve({
        allowed: names.includes('*') || (attributes.kind === 'resource' && names.includes(attributes.name)),
        reason: '',
      });
    },
  };
}

const as = (user: string, group?: string) => ({
  headers: { 'impersonate-user': user, ...(group !== undefined && { 'impersonate-group': group }) },
});

describe('impersonate', () => {
  it('leaves a request without its headers alone', async () => {
    expect(await impersonate({ headers: { accept: '*/*' } }, admin, [])).toBe(admin);
  });

  it('asks for the right to each name, group, uid and extra value', async () => {
    const authorizer = allowing('*');
    const headers = {
      'impersonate-user': 'jane',
      'impersonate-group': 'CN=x,OU=y, ops',
      'impersonate-uid': 'u1',
      'impersonate-extra-acme.com%2fteam': 'blue',
      'impersonate-extra-%61cme.com%2fteam': '',
    };
    const values = (name: string): string[] =>
      name === 'impersonate-group' ? ['CN=x,OU=y', 'ops'] : [headers[name as keyof typeof headers]];
    expect(await impersonate({ headers, values }, admin, [authorizer])).toEqual({
      name: 'jane',
      uid: 'u1',
      groups: ['CN=x,OU=y', 'ops', 'system:authenticated'],
      extra: { 'acme.com/team': ['blue', ''] },
    });
    expect(authorizer.asked).toEqual([
      'impersonate users/  jane',
      'impersonate groups/  CN=x,OU=y',
      'impersonate groups/  ops',
      'impersonate userextras/acme.com/team  blue',
      'impersonate userextras/acme.com/team  ',
      'impersonate uids/  u1',
    ]);
  });

  it('knows service accounts and their groups, and the anonymous user', async () => {
    const authorizer = allowing('*');
    const account = await impersonate(as('system:serviceaccount:shop:robot'), admin, [authorizer]);
    expect(account.groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated']);
    expect(authorizer.asked).toEqual(['impersonate serviceaccounts/ shop robot']);
    expect((await impersonate(as('system:anonymous'), admin, [authorizer])).groups).toEqual(['system:unauthenticated']);
  });

  it.each([
    'system:serviceaccount:a:robot:x',
    'system:serviceaccount:a',
    'system:serviceaccount::robot',
    'system:serviceaccount:a:',
    'system:serviceaccount:A:robot',
    'system:serviceaccount:a:Robot',
    'system:serviceaccount:a.b:robot',
  ])('takes %s for a user, who is no service account', async (name) => {
    const authorizer = allowing('*');
    expect(await impersonate(as(name), admin, [authorizer])).toEqual({ name, groups: ['system:authenticated'] });
    expect(authorizer.asked).toEqual([`impersonate users/  ${name}`]);
    const user = { name: 'bob', groups: [] };
    await expect(impersonate(as(name), user, [allowing('robot')])).rejects.toMatchObject({ code: 403 });
  });

  it.each<[string, string, string[]]>([
    ['jane', 'system:authenticated', ['system:authenticated']],
    ['jane', 'system:unauthenticated', ['system:unauthenticated']],
    ['jane', '', ['', 'system:authenticated']],
    ['system:serviceaccount:shop:robot', 'dev', ['dev', 'system:authenticated']],
    ['system:anonymous', 'dev', ['dev', 'system:unauthenticated']],
  ])('gives %s of the group %j no group that upstream does not', async (name, group, groups) => {
    const authorizer = allowing('*');
    expect((await impersonate(as(name, group), admin, [authorizer])).groups).toEqual(groups);
    expect(authorizer.asked.at(-1)).toBe(`impersonate groups/  ${group}`);
  });

  it('refuses what the user may not take on, and groups without a name', async () => {
    const user = { name: 'bob', groups: [] };
    await expect(impersonate(as('jane', 'system:masters'), user, [allowing('jane')])).rejects.toMatchObject({
      code: 403,
      message:
        'groups "system:masters" is forbidden: User "bob" cannot impersonate resource "groups" in API group "" at the cluster scope',
    });
    await expect(impersonate({ headers: { 'impersonate-group': 'x' } }, user, [allowing('*')])).rejects.toMatchObject({
      code: 400,
    });
  });
});
