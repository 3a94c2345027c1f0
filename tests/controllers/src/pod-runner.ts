import type { DeepReadonly } from '@kubewright/api';
import { formatTime } from '@kubewright/api';
import { Pod } from '@kubewright/api/core/v1';
import { Controller, Reconciler } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { Clock, inject } from '@kubewright/core';

/** Stands in for scheduler and kubelet: a pod runs and is ready as soon as it exists, unless its image is `broken`. */
@Controller({ for: Pod, name: 'pod-runner' })
export class PodRunner extends Reconciler<Pod> {
  constructor(@inject(Clock) private readonly clock: Clock) {
    super();
  }

  override async reconcile(pod: DeepReadonly<Pod>, ctx: ReconcileContext<Pod>): Promise<void> {
    if (pod.status?.phase !== 'Pending') return;
    const isReady = pod.spec?.containers[0]?.image !== 'broken';
    const lastTransitionTime = formatTime(this.clock.now());
    await ctx.status({
      phase: 'Running',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime }],
    });
  }
}
