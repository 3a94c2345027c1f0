/**
 * RBAC: a request is allowed when a binding that names its user refers to a role one of whose rules covers it. Everything
 * is looked up in the server's own cache, so a change of a role counts from the next request on.
 */
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding } from '@kubewright/api/rbac/v1';
import type { Token } from '@kubewright/core';
import { Plugin, inject, last, token } from '@kubewright/core';
import type { User } from '../auth/authenticator.js';
import { Authorizer } from '../auth/authorizer.js';
import type { Attributes, Decision } from '../auth/authorizer.js';
import { ruleAllows, subjectMatches } from './rule.js';

/** The part of the server that RBAC reads: the newest objects, without copies. */
export interface RbacSource {
  clusterRole(name: string): ClusterRole | undefined;
  role(namespace: string, name: string): Role | undefined;
  clusterRoleBindings(): Iterable<ClusterRoleBinding>;
  roleBindings(namespace: string): Iterable<RoleBinding>;
}

export const RbacSource: Token<RbacSource> = token('@kubewright/apiserver/RbacSource');

/** One rule that applies to a user, with the binding that says so. */
export interface GrantedRule {
  readonly rule: PolicyRule;
  readonly through: string;
}

/** Allows what roles and their bindings say. Asked after all other authorizers. */
@Plugin({ name: 'rbac-authorizer', contributes: [last(Authorizer)] })
export class RbacAuthorizer implements Authorizer {
  constructor(@inject(RbacSource) private readonly source: RbacSource) {}

  authorize(asked: Attributes): Promise<Decision> {
    if (asked.user.groups.includes('system:masters'))
      return Promise.resolve({ allowed: true, reason: 'system:masters' });
    const namespace = asked.kind === 'resource' ? asked.namespace : '';
    for (const { rule, through } of this.rulesFor(asked.user, namespace)) {
      if (ruleAllows(rule, asked)) return Promise.resolve({ allowed: true, reason: `RBAC: allowed by ${through}` });
    }
    return Promise.resolve({ allowed: false, reason: '' });
  }

  /** The rules a user has in a namespace (empty: over the cluster), cluster-wide bindings first. */
  *rulesFor(user: User, namespace: string): Generator<GrantedRule> {
    for (const binding of this.source.clusterRoleBindings()) {
      if (!(binding.subjects ?? []).some((subject) => subjectMatches(subject, user, ''))) continue;
      const through = `ClusterRoleBinding "${binding.metadata.name}" of ClusterRole "${binding.roleRef.name}"`;
      for (const rule of this.source.clusterRole(binding.roleRef.name)?.rules ?? []) yield { rule, through };
    }
    if (namespace === '') return;
    for (const binding of this.source.roleBindings(namespace)) {
      if (!(binding.subjects ?? []).some((subject) => subjectMatches(subject, user, namespace))) continue;
      const { kind, name } = binding.roleRef;
      const role = kind === 'ClusterRole' ? this.source.clusterRole(name) : this.source.role(namespace, name);
      const through = `RoleBinding "${binding.metadata.name}/${namespace}" of ${kind} "${name}"`;
      for (const rule of role?.rules ?? []) yield { rule, through };
    }
  }
}
