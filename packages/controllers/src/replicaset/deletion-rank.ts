/** Which pods go first when a ReplicaSet shrinks: those whose loss is felt least. */
import { int32Of } from '../integers/integer-text.js';
import { isPodReady, readyCondition } from '../pods/pod-state.js';
import type { ReadonlyPod } from '../pods/pod-state.js';

/** An integer as text; lower goes first. Default 0. */
export const podDeletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** A pod with how many ready pods of the same owner's ReplicaSets share its node. */
export interface RankedPod {
  readonly pod: ReadonlyPod;
  readonly neighbours: number;
}

/**
 * Orders pods for deletion, the first to go first: not scheduled, then pending, then not ready, then cheap, then crowded,
 * then ready for a shorter time, then restarting more, then younger. Ages count by powers of two, so that a few seconds
 * decide nothing among old pods; the uid decides instead.
 *
 * @param now - milliseconds since the epoch.
 */
export function compareForDeletion(now: number): (a: RankedPod, b: RankedPod) => number {
  return (a, b) => {
    const rules = [
      Number(isScheduled(a.pod)) - Number(isScheduled(b.pod)),
      phase(a.pod) - phase(b.pod),
      Number(isPodReady(a.pod)) - Number(isPodReady(b.pod)),
      deletionCost(a.pod) - deletionCost(b.pod),
      b.neighbours - a.neighbours,
      compareAge(readySince(a.pod), readySince(b.pod), now),
      restarts(b.pod) - restarts(a.pod),
      compareAge(
        Date.parse(a.pod.metadata.creationTimestamp ?? ''),
        Date.parse(b.pod.metadata.creationTimestamp ?? ''),
        now,
      ),
    ];
    const decided = rules.find((rule) => rule !== 0);
    return decided ?? ((a.pod.metadata.uid ?? '') < (b.pod.metadata.uid ?? '') ? -1 : 1);
  };
}

/** The pods to delete of `pods`, given every ready pod of the same owner's ReplicaSets. */
export function podsToDelete(
  pods: readonly ReadonlyPod[],
  related: readonly ReadonlyPod[],
  count: number,
  now: number,
): ReadonlyPod[] {
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? '';
    if (isPodReady(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const ranked = pods.map((pod) => ({ pod, neighbours: perNode.get(pod.spec?.nodeName ?? '') ?? 0 }));
  return ranked
    .toSorted(compareForDeletion(now))
    .slice(0, count)
    .map(({ pod }) => pod);
}

function isScheduled(pod: ReadonlyPod): boolean {
  return (pod.spec?.nodeName ?? '') !== '';
}

function phase(pod: ReadonlyPod): number {
  return phaseRank[pod.status?.phase ?? 'Pending'] ?? 0;
}

function deletionCost(pod: ReadonlyPod): number {
  return int32Of(pod.metadata.annotations?.[podDeletionCostAnnotation]) ?? 0;
}

function restarts(pod: ReadonlyPod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}

/** NaN where the pod is not ready: then the rule before has decided. */
function readySince(pod: ReadonlyPod): number {
  const ready = readyCondition(pod);
  return ready?.status === 'True' ? Date.parse(ready.lastTransitionTime ?? '') : Number.NaN;
}

/** The younger first, on a scale of powers of two; unknown ages are equal. */
function compareAge(a: number, b: number, now: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return 0;
  const scale = (since: number): number => Math.floor(Math.log2(Math.max(1, now - since)));
  return scale(a) - scale(b);
}
