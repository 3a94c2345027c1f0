import type { ClusterRole, ClusterRoleBinding, PolicyRule, Subject } from '@kubewright/api/rbac/v1';

/** Marks what the server itself put there; the annotation lets it bring an old object up to date at start. */
const bootstrapLabels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const autoUpdate = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };

export function clusterRole(name: string, rules: PolicyRule[], labels: Record<string, string> = {}): ClusterRole {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: { ...bootstrapLabels, ...labels }, annotations: autoUpdate },
    rules,
  };
}

export function clusterRoleBinding(name: string, role: string, subjects: Subject[]): ClusterRoleBinding {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: bootstrapLabels, annotations: autoUpdate },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects,
  };
}

export function group(name: string): Subject {
  return { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name };
}

export function user(name: string): Subject {
  return { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name };
}
