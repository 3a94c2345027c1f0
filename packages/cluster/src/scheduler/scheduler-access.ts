/** How the scheduler of an embedded cluster reaches its server. */
import { Plugin, inject } from '@kubewright/core';
import type { ClusterConnection, OpenConnection } from '@kubewright/informer';
import { SchedulerConnection } from '@kubewright/scheduler';
import { ServerAccess } from '../server/server-access.js';

/** The scheduler's way into the embedded server: without a socket, as the user that the scheduler is in Kubernetes. */
@Plugin({ name: 'scheduler-access', provides: [SchedulerConnection] })
export class SchedulerAccess implements ClusterConnection {
  readonly name = 'scheduler';

  constructor(@inject(ServerAccess) private readonly server: ServerAccess) {}

  open(): Promise<OpenConnection> {
    const user = { name: 'system:kube-scheduler', groups: ['system:authenticated'] };
    return Promise.resolve({ transport: this.server.transport(user), namespace: 'default' });
  }
}
