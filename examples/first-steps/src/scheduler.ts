import { provide } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { kubeconfig } from '@kubewright/informer';
import { Binder, SchedulerConnection } from '@kubewright/scheduler';

/** The scheduler with a user of its own; a cluster is already connected to in the host that takes it. */
export const scheduler: PluginLike = [
  {
    name: 'scheduler-connection',
    provides: [provide(SchedulerConnection, { value: kubeconfig({ context: 'scheduler' }) })],
  },
  Binder,
];
