/**
 * What runs on an embedded cluster besides its API server: stock controllers, nodes, and who assigns Pods to them. In a module
 * of its own, so that a server can be up before these are loaded.
 */
import { clusterLevel, controllerHost, connectTo } from '@kubewright/controller';
import { stockControllers } from '@kubewright/controllers';
import { provide } from '@kubewright/core';
import type { Level, PluginLike } from '@kubewright/core';
import type { ClusterConnection } from '@kubewright/informer';
import { Binder } from '@kubewright/scheduler';
import { SimulatedNodes, SimulatedNodesOptions } from '../node/simulated-nodes.js';
import { SchedulerAccess } from '../scheduler/scheduler-access.js';
import { KubernetesEndpoints } from '../server/kubernetes-endpoints.js';

export interface ControlPlaneOptions {
  readonly connection: ClusterConnection;
  /** What clients inside the cluster trust, PEM. */
  readonly certificateAuthority: string;
  /** How many nodes are simulated. */
  readonly nodes: number;
  /** The Kubernetes version that nodes report. */
  readonly version: string;
}

/** What plugins of the control plane extend. */
export const levels: readonly Level[] = [clusterLevel];

export function controlPlane({ connection, certificateAuthority, nodes, version }: ControlPlaneOptions): PluginLike[] {
  const options = provide(SimulatedNodesOptions, { value: { count: nodes, version } });
  return [
    connectTo(connection),
    controllerHost,
    stockControllers({ certificateAuthority }),
    KubernetesEndpoints,
    SchedulerAccess,
    Binder,
    { name: 'simulated-nodes-options', provides: [options] },
    SimulatedNodes,
  ];
}
