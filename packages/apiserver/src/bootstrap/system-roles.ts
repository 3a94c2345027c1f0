/** What every user may read, and the roles of the control plane's components. Rules after upstream's bootstrap policy of 1.36. */
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from '@kubewright/api/rbac/v1';
import { clusterRole, clusterRoleBinding, group, user } from './cluster-role.js';
import { events, grant, grantPaths, read } from './rules.js';

const leases = (name: string): PolicyRule[] => [
  grant('create', 'coordination.k8s.io', 'leases'),
  grant('get update', 'coordination.k8s.io', 'leases', name),
];

const nodeRules: PolicyRule[] = [
  grant('create', 'authentication.k8s.io', 'tokenreviews'),
  grant('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
  grant(read, '', 'services'),
  grant(`create ${read}`, '', 'nodes'),
  grant('patch update', '', 'nodes/status'),
  grant('delete patch update', '', 'nodes'),
  events,
  grant(read, '', 'pods'),
  grant('create delete', '', 'pods'),
  grant('patch update', '', 'pods/status'),
  grant('create', '', 'pods/eviction'),
  grant(read, '', 'configmaps secrets'),
  grant('get', '', 'persistentvolumeclaims persistentvolumes'),
  grant('create delete get patch update', 'coordination.k8s.io', 'leases'),
  grant(`create ${read}`, 'certificates.k8s.io', 'certificatesigningrequests'),
  grant('create', '', 'serviceaccounts/token'),
  grant(read, 'storage.k8s.io', 'csidrivers volumeattachments'),
  grant('create delete get patch update', 'storage.k8s.io', 'csinodes'),
  grant(read, 'node.k8s.io', 'runtimeclasses'),
];

const schedulerRules: PolicyRule[] = [
  events,
  ...leases('kube-scheduler'),
  grant(read, '', 'nodes'),
  grant(`delete ${read}`, '', 'pods'),
  grant('create', '', 'bindings pods/binding'),
  grant('patch update', '', 'pods/status'),
  grant(read, '', 'namespaces persistentvolumes replicationcontrollers services'),
  grant(`${read} patch update`, '', 'persistentvolumeclaims'),
  grant(read, 'apps', 'replicasets statefulsets'),
  grant(read, 'policy', 'poddisruptionbudgets'),
  grant(read, 'storage.k8s.io', 'csidrivers csinodes csistoragecapacities storageclasses volumeattachments'),
];

const controllerManagerRules: PolicyRule[] = [
  events,
  ...leases('kube-controller-manager'),
  grant('create', '', 'secrets serviceaccounts'),
  grant('delete', '', 'secrets'),
  grant('get', '', 'configmaps namespaces secrets serviceaccounts'),
  grant('update', '', 'secrets serviceaccounts'),
  grant('create', 'authentication.k8s.io', 'tokenreviews'),
  grant('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  grant('list watch', '*', '*'),
  grant('create', '', 'serviceaccounts/token'),
];

const discoveryPaths = '/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/';

export const systemRoles: readonly ClusterRole[] = [
  clusterRole('system:discovery', [grantPaths('get', discoveryPaths)]),
  clusterRole('system:public-info-viewer', [grantPaths('get', '/healthz /livez /readyz /version /version/')]),
  clusterRole('system:basic-user', [
    grant('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    grant('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ]),
  clusterRole('system:monitoring', [
    grantPaths('get', '/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*'),
  ]),
  clusterRole('system:auth-delegator', [
    grant('create', 'authentication.k8s.io', 'tokenreviews'),
    grant('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  ]),
  clusterRole('system:node', nodeRules),
  clusterRole('system:node-proxier', [
    grant('list watch', '', 'endpoints services'),
    grant('get list watch', '', 'nodes'),
    events,
    grant('list watch', 'discovery.k8s.io', 'endpointslices'),
    grant('list watch', 'networking.k8s.io', 'servicecidrs'),
  ]),
  clusterRole('system:kube-scheduler', schedulerRules),
  clusterRole('system:kube-controller-manager', controllerManagerRules),
];

export const systemRoleBindings: readonly ClusterRoleBinding[] = [
  clusterRoleBinding('cluster-admin', 'cluster-admin', [group('system:masters')]),
  clusterRoleBinding('system:discovery', 'system:discovery', [group('system:authenticated')]),
  clusterRoleBinding('system:public-info-viewer', 'system:public-info-viewer', [
    group('system:authenticated'),
    group('system:unauthenticated'),
  ]),
  clusterRoleBinding('system:basic-user', 'system:basic-user', [group('system:authenticated')]),
  clusterRoleBinding('system:monitoring', 'system:monitoring', [group('system:monitoring')]),
  clusterRoleBinding('system:node', 'system:node', [group('system:nodes')]),
  clusterRoleBinding('system:node-proxier', 'system:node-proxier', [user('system:kube-proxy')]),
  clusterRoleBinding('system:kube-scheduler', 'system:kube-scheduler', [user('system:kube-scheduler')]),
  clusterRoleBinding('system:kube-controller-manager', 'system:kube-controller-manager', [
    user('system:kube-controller-manager'),
  ]),
];
