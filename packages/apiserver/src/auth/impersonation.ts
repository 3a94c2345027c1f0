/**
 * Acting as somebody else: a user with the right to it sends `Impersonate-User` and is, for this request, that user. Every name,
 * group and extra value that is taken on needs the right `impersonate` on it (the API conventions' "user impersonation").
 */
import { statusErrors } from '@kubewright/api';
import type { User } from './authenticator.js';
import type { Authorizer, ResourceAttributes } from './authorizer.js';

const serviceAccountPrefix = 'system:serviceaccount:';

/** One thing to be taken on, as the authorizers are asked about it. */
type Claim = Pick<ResourceAttributes, 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>;

/** Lists of one header come joined, as everywhere in this server. */
function values(header: string | undefined): string[] {
  return header === undefined
    ? []
    : header
        .split(',')
        .map((value) => value.trim())
        .filter((value) => value !== '');
}

/** The extra values, by the names that follow `impersonate-extra-`; names may be percent-encoded. */
function extras(headers: Readonly<Record<string, string>>): Record<string, string[]> {
  const prefix = 'impersonate-extra-';
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [decodeName(name.slice(prefix.length)), values(value)]));
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function userClaim(name: string): Claim {
  if (!name.startsWith(serviceAccountPrefix))
    return { group: '', resource: 'users', subresource: '', namespace: '', name };
  const [namespace = '', account = ''] = name.slice(serviceAccountPrefix.length).split(':');
  return { group: '', resource: 'serviceaccounts', subresource: '', namespace, name: account };
}

/** The groups that come with a name without being asked for. */
function impliedGroups(name: string): string[] {
  if (name === 'system:anonymous') return ['system:unauthenticated'];
  if (!name.startsWith(serviceAccountPrefix)) return [];
  const [namespace = ''] = name.slice(serviceAccountPrefix.length).split(':');
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/**
 * The user a request is to be handled as.
 *
 * @throws 400 for groups or extra values without a name; 403 where the real user lacks a right.
 */
export async function impersonate(
  headers: Readonly<Record<string, string>>,
  user: User,
  authorizers: readonly Authorizer[],
): Promise<User> {
  const name = headers['impersonate-user'];
  const groups = values(headers['impersonate-group']);
  const uid = headers['impersonate-uid'];
  const extra = extras(headers);
  if (name === undefined || name === '') {
    if (groups.length === 0 && uid === undefined && Object.keys(extra).length === 0) return user;
    throw statusErrors.badRequest('requested impersonation without impersonating a user');
  }
  const authentication = { group: 'authentication.k8s.io', subresource: '', namespace: '' };
  const claims: Claim[] = [
    userClaim(name),
    ...groups.map((group) => ({ group: '', resource: 'groups', subresource: '', namespace: '', name: group })),
    ...(uid === undefined ? [] : [{ ...authentication, resource: 'uids', name: uid }]),
    ...Object.entries(extra).flatMap(([key, list]) =>
      list.map((value) => ({ ...authentication, resource: 'userextras', subresource: key, name: value })),
    ),
  ];
  for (const claim of claims) await demand(user, claim, authorizers);
  const implied = groups.length === 0 || name === 'system:anonymous' ? impliedGroups(name) : [];
  const authenticated = name === 'system:anonymous' ? [] : ['system:authenticated'];
  return {
    name,
    ...(uid !== undefined && { uid }),
    groups: [...new Set([...groups, ...implied, ...authenticated])],
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

async function demand(user: User, claim: Claim, authorizers: readonly Authorizer[]): Promise<void> {
  for (const authorizer of authorizers) {
    const { allowed } = await authorizer.authorize({
      kind: 'resource',
      user,
      verb: 'impersonate',
      version: 'v1',
      ...claim,
    });
    if (allowed) return;
  }
  const { group, resource, subresource, namespace, name } = claim;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  throw statusErrors.forbidden(
    { group, resource: what },
    name,
    `User "${user.name}" cannot impersonate resource "${what}" in API group "${group}" ${where}`,
  );
}
