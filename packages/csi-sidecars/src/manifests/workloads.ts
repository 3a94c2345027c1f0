import type { DaemonSet, Deployment } from '@kubewright/api/apps/v1';
import type { Container, PodSpec, Volume } from '@kubewright/api/core/v1';
import { registrationDirectory } from '@kubewright/grpc/registration';
import type { CsiDriver } from '@kubewright/csi-sdk';
import { driverEndpointVariable, registrationEndpointVariable } from '@kubewright/csi-sdk';
import type { CsiManifestsOptions, CsiProgram } from './options.js';
import { namesOf } from './names.js';

/** Where the socket is in a container, whatever directory of the node that is. */
const socketDirectory = '/csi';

/** The part on every node: it mounts where the kubelet says, so it is privileged, and asks the API server for nothing. */
export function nodeDaemonSet(driver: CsiDriver, options: CsiManifestsOptions): DaemonSet {
  const { kubeletDirectory = '/var/lib/kubelet', node: program = {} } = options;
  const names = namesOf(driver, options);
  const matchLabels = { ...names.labels, 'app.kubernetes.io/component': 'node' };
  const pluginDirectory = `${kubeletDirectory}/plugins/${driver.name}`;
  // Staged and published volumes are mounted below these, and have to be seen by the kubelet and by pods.
  const shared = ['plugins', 'pods'].map((name) => hostDirectory(name, `${kubeletDirectory}/${name}`));
  const registry = hostDirectory('registry', `${kubeletDirectory}/plugins_registry`);
  const container: Container = {
    ...containerOf(program, options, 'HTTP'),
    securityContext: { privileged: true },
    env: [
      ...environmentOf(program),
      { name: registrationEndpointVariable, value: `${pluginDirectory}/csi.sock` },
      { name: 'KUBE_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    ],
    volumeMounts: [
      { name: 'socket', mountPath: socketDirectory },
      { name: registry.name, mountPath: registrationDirectory },
      ...shared.map(({ name, hostPath }) => ({
        name,
        mountPath: hostPath.path,
        mountPropagation: 'Bidirectional',
      })),
      { name: 'devices', mountPath: '/dev' },
      ...(program.volumeMounts ?? []),
    ],
  };
  const spec: PodSpec = {
    serviceAccountName: names.node,
    automountServiceAccountToken: false,
    priorityClassName: 'system-node-critical',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ operator: 'Exists' }],
    containers: [container],
    volumes: [
      hostDirectory('socket', pluginDirectory),
      registry,
      ...shared,
      hostDirectory('devices', '/dev'),
      ...(program.volumes ?? []),
    ],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: names.node, namespace: names.namespace, labels: matchLabels },
    spec: { selector: { matchLabels }, template: { metadata: { labels: matchLabels }, spec } },
  };
}

/** The driver's controller and its sidecars in one process. Copies may overlap, as in an update: all but one wait for the Lease. */
export function controllerDeployment(driver: CsiDriver, options: CsiManifestsOptions): Deployment {
  const { controller: program = {} } = options;
  const names = namesOf(driver, options);
  const matchLabels = { ...names.labels, 'app.kubernetes.io/component': 'controller' };
  const container: Container = {
    ...containerOf(program, options, 'HTTPS'),
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    env: environmentOf(program),
    volumeMounts: [{ name: 'socket', mountPath: socketDirectory }, ...(program.volumeMounts ?? [])],
  };
  const spec: PodSpec = {
    serviceAccountName: names.controller,
    priorityClassName: 'system-cluster-critical',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    containers: [container],
    volumes: [{ name: 'socket', emptyDir: {} }, ...(program.volumes ?? [])],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: names.controller, namespace: names.namespace, labels: matchLabels },
    spec: {
      replicas: program.replicas ?? 1,
      selector: { matchLabels },
      template: { metadata: { labels: matchLabels }, spec },
    },
  };
}

/** @param scheme - HTTPS where the port gives metrics for tokens as well. */
function containerOf(
  { command, livenessPort: port }: CsiProgram,
  { image }: CsiManifestsOptions,
  scheme: 'HTTP' | 'HTTPS',
): Container {
  return {
    name: 'driver',
    image,
    ...(command && { command: [...command] }),
    ...(port !== undefined && { livenessProbe: { httpGet: { path: '/healthz', port, scheme }, failureThreshold: 5 } }),
  };
}

function environmentOf({ env = [] }: CsiProgram): NonNullable<Container['env']> {
  return [{ name: driverEndpointVariable, value: `unix://${socketDirectory}/csi.sock` }, ...env];
}

function hostDirectory(name: string, path: string): Volume & { readonly hostPath: NonNullable<Volume['hostPath']> } {
  return { name, hostPath: { path, type: 'DirectoryOrCreate' } };
}
