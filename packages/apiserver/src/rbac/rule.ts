/** What one RBAC rule covers. Pure; the objects are those of rbac.authorization.k8s.io/v1. */
import type { PolicyRule, Subject } from '@kubewright/api/rbac/v1';
import type { Attributes } from '../auth/authorizer.js';
import type { User } from '../auth/authenticator.js';
import { covers, coversPath, coversResource } from './covers.js';

/** Whether a rule allows a request. A rule with resource names never covers a request that has no name, such as create. */
export function ruleAllows(rule: PolicyRule, asked: Attributes): boolean {
  if (!covers(rule.verbs, asked.verb)) return false;
  if (asked.kind === 'path') return coversPath(rule.nonResourceURLs, asked.path);
  const names = rule.resourceNames ?? [];
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  return (
    covers(rule.apiGroups, asked.group) &&
    coversResource(rule.resources, resource) &&
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
      return isServiceAccount(user.name, subject.namespace || bindingNamespace, subject.name);
    default:
      return false;
  }
}

/** A binding that names no namespace, in none, is nobody's. */
function isServiceAccount(user: string, namespace: string, name: string): boolean {
  return namespace !== '' && user === `system:serviceaccount:${namespace}:${name}`;
}
