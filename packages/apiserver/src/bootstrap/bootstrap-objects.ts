/** Everything the server itself creates at its first start, in an order in which each object may be created. */
import type { KubeObject } from '@kubewright/api';
import { controllerRoleBindings, controllerRoles } from './controller-roles.js';
import { systemRoleBindings, systemRoles } from './system-roles.js';
import { userRoles } from './user-roles.js';

export interface BootstrapOptions {
  /** The address of the `kubernetes` Service: the first of the service range. */
  readonly serviceAddress: string;
  /** Where the server listens; undefined where it serves in process only, and the Service has no endpoints then. */
  readonly endpoint?: { readonly address: string; readonly port: number };
}

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export function bootstrapObjects(options: BootstrapOptions): KubeObject[] {
  return [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    // Pods need theirs from the first request on, and the controller that makes them starts later.
    ...namespaces.map((namespace) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    })),
    ...userRoles,
    ...systemRoles,
    ...controllerRoles,
    ...systemRoleBindings,
    ...controllerRoleBindings,
    kubernetesService(options),
    ...(options.endpoint ? kubernetesEndpoints(options.endpoint) : []),
  ];
}

function kubernetesService({ serviceAddress, endpoint }: BootstrapOptions): KubeObject & { spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: serviceAddress,
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: endpoint?.port ?? 443 }],
    },
  };
}

function kubernetesEndpoints({ address, port }: { readonly address: string; readonly port: number }): KubeObject[] {
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  const endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports }],
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: address.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports,
  };
  return [endpoints, slice];
}
