/**
 * Acting as somebody else: a user with the right to it sends `Impersonate-User` and is, for this request, that user. Every name,
 * group and extra value that is taken on needs the right `impersonate` on it (the API conventions' "user impersonation").
 */
import { statusErrors } from '@kubewright/api';
import { anonymous } from './anonymous-authenticator.js';
import type { User } from './authenticator.js';
import type { Authorizer, ResourceAttributes } from './authorizer.js';
import { serviceAccountOf } from './service-account-name.js';

const extraPrefix = 'impersonate-extra-';

/** The headers of a request. One that comes several times has several values: none is ever split, since names hold commas. */
export interface ImpersonationHeaders {
  readonly headers: Readonly<Record<string, string>>;
  /** Default: the one value in `headers`. */
  readonly values?: (name: string) => readonly string[];
}

/** One thing to be taken on, as the authorizers are asked about it. */
type Claim = Pick<ResourceAttributes, 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>;

function valuesOf(request: ImpersonationHeaders, name: string): readonly string[] {
  const { headers, values } = request;
  const single = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (single === undefined) return [];
  return values?.(name) ?? [single];
}

/** The extra values, by the names that follow `impersonate-extra-`; names may be percent-encoded, and two may mean the same. */
function extrasOf(request: ImpersonationHeaders): Map<string, readonly string[]> {
  const extras = new Map<string, readonly string[]>();
  for (const header of Object.keys(request.headers)) {
    if (!header.startsWith(extraPrefix)) continue;
    const name = decodeName(header.slice(extraPrefix.length));
    extras.set(name, [...(extras.get(name) ?? []), ...valuesOf(request, header)]);
  }
  return extras;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function userClaim(name: string): Claim {
  const account = serviceAccountOf(name);
  return account === undefined
    ? { group: '', resource: 'users', subresource: '', namespace: '', name }
    : { group: '', resource: 'serviceaccounts', subresource: '', ...account };
}

/** The groups that come with a name without being asked for, and with the groups that are. */
function groupsOf(name: string, asked: readonly string[]): string[] {
  const account = asked.length === 0 ? serviceAccountOf(name) : undefined;
  const groups = account ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`] : [...asked];
  if (groups.includes('system:unauthenticated')) return groups;
  if (name === anonymous.name) return [...groups, ...anonymous.groups];
  return groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'];
}

/**
 * The user a request is to be handled as.
 *
 * @throws 400 for groups, a uid or extra values without a name; 403 where the real user lacks a right.
 */
export async function impersonate(
  request: ImpersonationHeaders,
  user: User,
  authorizers: readonly Authorizer[],
): Promise<User> {
  const [name = ''] = valuesOf(request, 'impersonate-user');
  const groups = valuesOf(request, 'impersonate-group');
  const [uid = ''] = valuesOf(request, 'impersonate-uid');
  const extra = extrasOf(request);
  if (name === '') {
    if (groups.length === 0 && uid === '' && extra.size === 0) return user;
    throw statusErrors.badRequest('requested impersonation without impersonating a user');
  }
  const authentication = { group: 'authentication.k8s.io', subresource: '', namespace: '' };
  const claims: Claim[] = [
    userClaim(name),
    ...groups.map((group) => ({ group: '', resource: 'groups', subresource: '', namespace: '', name: group })),
    ...[...extra].flatMap(([key, list]) =>
      list.map((value) => ({ ...authentication, resource: 'userextras', subresource: key, name: value })),
    ),
    ...(uid === '' ? [] : [{ ...authentication, resource: 'uids', name: uid }]),
  ];
  for (const claim of claims) await demand(user, claim, authorizers);
  return {
    name,
    ...(uid !== '' && { uid }),
    groups: groupsOf(name, groups),
    ...(extra.size > 0 && { extra: Object.fromEntries(extra) }),
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
