/** What a controller of pods asks of one: whether it counts, and whether it serves. */
import type { DeepReadonly } from '@kubewright/api';
import type { Pod, PodCondition } from '@kubewright/api/core/v1';

export type ReadonlyPod = DeepReadonly<Pod>;

/** Neither finished nor being deleted: what a ReplicaSet counts as a replica. */
export function isPodActive(pod: ReadonlyPod): boolean {
  return !isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isPodFinished(pod: ReadonlyPod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Being deleted and still running. */
export function isPodTerminating(pod: ReadonlyPod): boolean {
  return !isPodFinished(pod) && pod.metadata.deletionTimestamp !== undefined;
}

export function readyCondition(pod: ReadonlyPod): DeepReadonly<PodCondition> | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === 'Ready');
}

export function isPodReady(pod: ReadonlyPod): boolean {
  return readyCondition(pod)?.status === 'True';
}

/**
 * When a pod counts as available: ready for `minReadySeconds` without a break.
 *
 * @returns milliseconds since the epoch, in the past for a pod that is available already; undefined for one that is not ready.
 */
export function availableAt(pod: ReadonlyPod, minReadySeconds: number): number | undefined {
  const ready = readyCondition(pod);
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  return ready.lastTransitionTime === undefined
    ? undefined
    : Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000;
}

export function isPodAvailable(pod: ReadonlyPod, minReadySeconds: number, now: number): boolean {
  const at = availableAt(pod, minReadySeconds);
  return at !== undefined && at <= now;
}
