/**
 * One role and one binding for each stock controller, so that each works with its own service account and no more rights
 * than it needs. Rules after upstream's bootstrap policy of 1.36.
 */
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from '@kubewright/api/rbac/v1';
import { clusterRole, clusterRoleBinding } from './cluster-role.js';
import { events, grant, read, write } from './rules.js';

const rules: Readonly<Record<string, PolicyRule[]>> = {
  'deployment-controller': [
    grant(`${read} update`, 'apps', 'deployments'),
    grant('update', 'apps', 'deployments/status'),
    grant('update', 'apps', 'deployments/finalizers'),
    grant(`create delete ${read} patch update`, 'apps', 'replicasets'),
    grant(`${read} update`, '', 'pods'),
    events,
  ],
  'replicaset-controller': [
    grant(`${read} update`, 'apps', 'replicasets'),
    grant('update', 'apps', 'replicasets/status replicasets/finalizers'),
    grant(`create delete ${read} patch`, '', 'pods'),
    events,
  ],
  'generic-garbage-collector': [grant(`delete ${read} patch update`, '*', '*')],
  'namespace-controller': [
    grant(`delete ${read}`, '', 'namespaces'),
    grant('update', '', 'namespaces/finalize namespaces/status'),
    grant('delete deletecollection get list', '*', '*'),
  ],
  'service-account-controller': [
    grant('create', '', 'serviceaccounts'),
    grant(read, '', 'namespaces serviceaccounts'),
    events,
  ],
  'root-ca-cert-publisher': [
    grant('create update', '', 'configmaps'),
    grant(read, '', 'configmaps namespaces'),
    events,
  ],
  'persistent-volume-binder': [
    grant(`${read} patch update`, '', 'persistentvolumes persistentvolumeclaims'),
    grant('patch update', '', 'persistentvolumes/status persistentvolumeclaims/status'),
    grant(read, '', 'nodes'),
    grant(read, 'storage.k8s.io', 'storageclasses'),
    events,
  ],
  'pvc-protection-controller': [
    grant(`${read} patch update`, '', 'persistentvolumeclaims'),
    grant(read, '', 'pods'),
    events,
  ],
  'pv-protection-controller': [grant(`${read} patch update`, '', 'persistentvolumes'), events],
  'node-controller': [
    grant(`delete ${read} patch update`, '', 'nodes'),
    grant('patch update', '', 'nodes/status pods/status'),
    grant(`delete ${read}`, '', 'pods'),
    grant(`${write} ${read}`, 'coordination.k8s.io', 'leases'),
    events,
  ],
};

export const controllerRoles: readonly ClusterRole[] = Object.entries(rules).map(([name, granted]) =>
  clusterRole(`system:controller:${name}`, granted),
);

export const controllerRoleBindings: readonly ClusterRoleBinding[] = Object.keys(rules).map((name) =>
  clusterRoleBinding(`system:controller:${name}`, `system:controller:${name}`, [
    { kind: 'ServiceAccount', name, namespace: 'kube-system' },
  ]),
);
