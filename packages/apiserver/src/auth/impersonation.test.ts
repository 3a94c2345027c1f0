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

describe('impersonate', () => {
  it('leaves a request without its headers alone', async () => {
    expect(await impersonate({ accept: '*/*' }, admin, [])).toBe(admin);
  });

  it('asks for the right to each name, group, uid and extra value', async () => {
    const authorizer = allowing('*');
    const headers = {
      'impersonate-user': 'jane',
      'impersonate-group': 'dev, ops',
      'impersonate-uid': 'u1',
      'impersonate-extra-acme.com%2fteam': 'blue',
    };
    expect(await impersonate(headers, admin, [authorizer])).toEqual({
      name: 'jane',
      uid: 'u1',
      groups: ['dev', 'ops', 'system:authenticated'],
      extra: { 'acme.com/team': ['blue'] },
    });
    expect(authorizer.asked).toEqual([
      'impersonate users/  jane',
      'impersonate groups/  dev',
      'impersonate groups/  ops',
      'impersonate uids/  u1',
      'impersonate userextras/acme.com/team  blue',
    ]);
  });

  it('knows service accounts and their groups, and the anonymous user', async () => {
    const authorizer = allowing('*');
    const account = await impersonate({ 'impersonate-user': 'system:serviceaccount:shop:robot' }, admin, [authorizer]);
    expect(account.groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated']);
    expect(authorizer.asked).toEqual(['impersonate serviceaccounts/ shop robot']);
    expect((await impersonate({ 'impersonate-user': 'system:anonymous' }, admin, [authorizer])).groups).toEqual([
      'system:unauthenticated',
    ]);
  });

  it('refuses what the user may not take on, and groups without a name', async () => {
    const user = { name: 'bob', groups: [] };
    await expect(
      impersonate({ 'impersonate-user': 'jane', 'impersonate-group': 'system:masters' }, user, [allowing('jane')]),
    ).rejects.toMatchObject({
      code: 403,
      message:
        'groups "system:masters" is forbidden: User "bob" cannot impersonate resource "groups" in API group "" at the cluster scope',
    });
    await expect(impersonate({ 'impersonate-group': 'x' }, user, [allowing('*')])).rejects.toMatchObject({ code: 400 });
  });
});
