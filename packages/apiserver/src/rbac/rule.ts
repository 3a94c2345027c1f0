/** What one RBAC rule covers. Pure; the objects are those of rbac.authorization.k8s.io/v1. */
import type { PolicyRule, Subject } from '@kubewright/api/rbac/v1';
import type { Attributes } from '../auth/authorizer.js';
import type { User } from '../auth/authenticator.js';

function covers(granted: readonly string[] | undefined, asked: string): boolean {
  return granted !== undefined && (granted.includes('*') || granted.includes(asked));
}

/** `deployments/scale` is covered by itself, by `*`, and by `*\/scale`. */
function coversResource(granted: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (granted === undefined) return false;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  return covers(granted, full) || (subresource !== '' && granted.includes(`*/${subresource}`));
}

function coversPath(granted: readonly string[] | undefined, path: string): boolean {
  return (granted ?? []).some((url) => url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))));
}

/** Whether a rule allows a request. A rule with resource names never covers a request that has no name, such as create. */
export function ruleAllows(rule: PolicyRule, asked: Attributes): boolean {
  if (!covers(rule.verbs, asked.verb)) return false;
  if (asked.kind === 'path') return coversPath(rule.nonResourceURLs, asked.path);
  const names = rule.resourceNames ?? [];
  return (
    covers(rule.apiGroups, asked.group) &&
    coversResource(rule.resources, asked.resource, asked.subresource) &&
    (names.length === 0 || names.includes(asked.name))
  );
}

/**
 * Whether a binding's subject is the user.
 *
 * @param bindingNamespace - where the binding lives: the default of a service account's namespace; empty for a cluster's binding.
 */
export function subjectMatches(subject: Subject, user: User, bindingNamespace: string): boolean {
  switch (subject.kind) {
    case 'User':
      return user.name === subject.name;
    case 'Group':
      return user.groups.includes(subject.name);
    case 'ServiceAccount':
      return user.name === `system:serviceaccount:${subject.namespace ?? bindingNamespace}:${subject.name}`;
    default:
      return false;
  }
}
