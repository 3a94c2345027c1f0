import { conditionChanged } from '../conditions/conditions.js';
import type { DeepReadonly } from '@kubewright/api';
import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '@kubewright/api/apps/v1';
import { isPodActive, isPodAvailable, isPodReady, isPodTerminating } from '../pods/pod-state.js';
import type { ReadonlyPod } from '../pods/pod-state.js';

export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

/**
 * The status of a ReplicaSet that owns `pods`.
 *
 * @param failure - what went wrong when pods were made or removed in this run.
 * @param now - milliseconds since the epoch.
 */
export function replicaSetStatus(
  set: DeepReadonly<ReplicaSet>,
  pods: readonly ReadonlyPod[],
  failure: ReplicaFailure | undefined,
  now: number,
): ReplicaSetStatus {
  const active = pods.filter(isPodActive);
  const ready = active.filter(isPodReady);
  const templateLabels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const others = (set.status?.conditions ?? []).filter((condition) => condition.type !== 'ReplicaFailure');
  const conditions: ReplicaSetCondition[] = others.map((condition) => ({ ...condition }));
  if (failure) {
    const old = set.status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
    conditions.push(conditionChanged(old, { type: 'ReplicaFailure', status: 'True', ...failure }, now));
  }
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) =>
      templateLabels.every(([key, value]) => pod.metadata.labels?.[key] === value),
    ).length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)).length,
    terminatingReplicas: pods.filter(isPodTerminating).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length > 0 && { conditions }),
  };
}
