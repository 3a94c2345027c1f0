/** How the scheduler reaches the API server. */
import { token } from '@kubewright/core';
import type { Token } from '@kubewright/core';
import type { ClusterConnection } from '@kubewright/informer';

/**
 * How the scheduler reaches the API server: a connection of its own, so that it writes as its own user and RBAC holds for
 * it. The scheduler opens it when it starts and closes its transport when it stops.
 */
export type SchedulerConnection = ClusterConnection;

export const SchedulerConnection: Token<SchedulerConnection> = token('@kubewright/scheduler/SchedulerConnection');
