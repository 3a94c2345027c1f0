/**
 * Simulated nodes: they register, keep their Lease, and report the Pods bound to them as running, without running anything.
 * What a Pod's containers would do is told by annotations. Neighbours: the binder assigns Pods to nodes; `node-streams`
 * answers who wants to look into a container. Nothing here pulls an image, opens a port or enforces a limit.
 */
import type { Node, NodeCondition, NodeStatus } from '@kubewright/api/core/v1';
import { formatTime } from '@kubewright/api';

/** On a Node: no container runs there. */
export const simulatedAnnotation = 'kubewright.io/simulated';
/** On a Node: the control plane attaches volumes to it, as kubelets leave it to do by default. */
const managedAttachDetach = 'volumes.kubernetes.io/controller-managed-attach-detach';

/** A node's place in the cluster; everything else about it follows. */
export interface NodeIdentity {
  readonly name: string;
  /** Its own address, of the range that RFC 2544 sets aside for such purposes. */
  readonly address: string;
  /** The addresses of its Pods, as `10.244.0.0/24`. */
  readonly podCidr: string;
}

/** As many as there are /24 ranges in 10.244.0.0/16, the range that flannel's manifests use. */
export const mostNodes = 256;

export function nodeIdentity(index: number): NodeIdentity {
  return { name: `node-${index + 1}`, address: `198.18.${index}.1`, podCidr: `10.244.${index}.0/24` };
}

/** The kubelet's default for the number of Pods of a node. */
export const mostPods = 110;

const resources = { cpu: '8', memory: '32Gi', 'ephemeral-storage': '100Gi', pods: String(mostPods) };
const architectures: Readonly<Record<string, string>> = { x64: 'amd64' };

/** The Node as it registers. */
export function nodeObject(identity: NodeIdentity, version: string, now: number): Node {
  const { name, podCidr } = identity;
  const architecture = architectures[process.arch] ?? process.arch;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { [simulatedAnnotation]: 'true', [managedAttachDetach]: 'true' },
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': 'linux',
        'beta.kubernetes.io/arch': architecture,
      },
    },
    spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
    status: nodeStatus(identity, version, now),
  };
}

/** What the node reports when it registers. */
export function nodeStatus(identity: NodeIdentity, version: string, now: number): NodeStatus {
  return {
    capacity: resources,
    allocatable: resources,
    addresses: [
      { type: 'InternalIP', address: identity.address },
      { type: 'Hostname', address: identity.name },
    ],
    conditions: nodeConditions(now),
    nodeInfo: {
      architecture: architectures[process.arch] ?? process.arch,
      operatingSystem: 'linux',
      kubeletVersion: version,
      kubeProxyVersion: '',
      containerRuntimeVersion: 'simulated://0.1.0',
      osImage: 'simulated',
      kernelVersion: 'simulated',
      machineID: identity.name,
      systemUUID: identity.name,
      bootID: identity.name,
    },
  };
}

/** Reasons and messages are the kubelet's. */
export function nodeConditions(now: number): NodeCondition[] {
  const at = formatTime(now);
  const condition = (type: string, status: string, reason: string, message: string): NodeCondition => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: at,
    lastTransitionTime: at,
  });
  return [
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ];
}
