/**
 * The roles for people: `cluster-admin`, and `admin`, `edit`, `view` for a namespace, which further roles extend by their
 * `rbac.authorization.k8s.io/aggregate-to-…` labels. Rules after upstream's bootstrap policy of 1.36.
 */
import type { ClusterRole, PolicyRule } from '@kubewright/api/rbac/v1';
import { clusterRole } from './cluster-role.js';
import { grant, grantPaths, read, write } from './rules.js';

const viewRules: PolicyRule[] = [
  grant(
    read,
    '',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  grant(
    read,
    '',
    'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ),
  grant(read, '', 'namespaces'),
  grant(read, 'discovery.k8s.io', 'endpointslices'),
  grant(
    read,
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  grant(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  grant(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
  grant(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  grant(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
];

const editRules: PolicyRule[] = [
  grant(read, '', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  grant('impersonate', '', 'serviceaccounts'),
  grant(write, '', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  grant('create', '', 'pods/eviction'),
  grant(
    write,
    '',
    'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ),
  grant('create', '', 'serviceaccounts/token'),
  grant(
    write,
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ),
  grant(write, 'autoscaling', 'horizontalpodautoscalers'),
  grant(write, 'batch', 'cronjobs jobs'),
  grant(write, 'policy', 'poddisruptionbudgets'),
  grant(write, 'networking.k8s.io', 'ingresses networkpolicies'),
  grant(`${write} ${read}`, 'coordination.k8s.io', 'leases'),
];

const adminRules: PolicyRule[] = [
  grant('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  grant(`${write} ${read}`, 'rbac.authorization.k8s.io', 'rolebindings roles'),
];

const aggregatesTo = (role: string): Record<string, string> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${role}`]: 'true',
});

/** A role that is the union of others. Its rules are written out, as the aggregation controller would. */
function aggregated(name: string, rules: PolicyRule[], labels: Record<string, string> = {}): ClusterRole {
  return {
    ...clusterRole(name, rules, labels),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregatesTo(name) }] },
  };
}

export const userRoles: readonly ClusterRole[] = [
  clusterRole('cluster-admin', [grant('*', '*', '*'), grantPaths('*', '*')]),
  clusterRole('system:aggregate-to-admin', adminRules, aggregatesTo('admin')),
  clusterRole('system:aggregate-to-edit', editRules, aggregatesTo('edit')),
  clusterRole('system:aggregate-to-view', viewRules, aggregatesTo('view')),
  aggregated('admin', [...adminRules, ...editRules, ...viewRules]),
  aggregated('edit', [...editRules, ...viewRules], aggregatesTo('admin')),
  aggregated('view', [...viewRules], aggregatesTo('edit')),
];
