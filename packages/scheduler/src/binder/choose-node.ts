import { isConditionTrue } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { Node, Pod, Taint, Toleration } from '@kubewright/api/core/v1';

/** A node with the number of Pods that it has. */
export interface Candidate {
  readonly node: DeepReadonly<Node>;
  readonly pods: number;
}

export type Choice =
  | { readonly node: string }
  /** Why none fits, in the words of the scheduler. */
  | { readonly reason: string };

/** Whether a Pod waits for a node, and for this binder to find it one. */
export function isUnassigned({ metadata, spec }: DeepReadonly<Pod>): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    !spec?.nodeName &&
    (spec?.schedulerName ?? 'default-scheduler') === 'default-scheduler' &&
    (spec?.schedulingGates ?? []).length === 0
  );
}

/** The fitting node with the fewest Pods, of several the first by name. */
export function chooseNode(pod: DeepReadonly<Pod>, candidates: readonly Candidate[]): Choice {
  const refusals = new Map<string, number>();
  let best: { readonly name: string; readonly pods: number } | undefined;
  for (const { node, pods } of candidates) {
    const name = node.metadata.name ?? '';
    const refusal = refusalOf(pod, node, pods);
    if (refusal !== undefined) refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
    else if (best === undefined || pods < best.pods || (pods === best.pods && name < best.name)) best = { name, pods };
  }
  if (best !== undefined) return { node: best.name };
  const reasons = [...refusals].map(([text, count]) => `${count} ${text}`).sort();
  const why =
    reasons.length === 0
      ? 'no nodes available to schedule pods'
      : `0/${candidates.length} nodes are available: ${reasons.join(', ')}.`;
  return { reason: why };
}

function refusalOf(pod: DeepReadonly<Pod>, node: DeepReadonly<Node>, pods: number): string | undefined {
  if (!isConditionTrue(node.status?.conditions, 'Ready')) return 'node(s) were not ready';
  const labels = node.metadata.labels ?? {};
  const wanted = Object.entries(pod.spec?.nodeSelector ?? {});
  if (wanted.some(([key, value]) => labels[key] !== value)) return "node(s) didn't match Pod's node affinity/selector";
  const tolerations = pod.spec?.tolerations ?? [];
  const cordon: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec?.unschedulable === true && !isTolerated(cordon, tolerations)) return 'node(s) were unschedulable';
  const taint = node.spec?.taints?.find(
    (each) => each.effect !== 'PreferNoSchedule' && !isTolerated(each, tolerations),
  );
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  const most = Number(node.status?.allocatable?.['pods'] ?? Infinity);
  return pods >= most ? 'Too many pods' : undefined;
}

/** A toleration without a key tolerates every key, one without an effect every effect. */
function isTolerated(taint: DeepReadonly<Taint>, tolerations: readonly DeepReadonly<Toleration>[]): boolean {
  return tolerations.some(({ key = '', operator = 'Equal', value = '', effect = '' }) => {
    if (effect !== '' && effect !== taint.effect) return false;
    if (key === '') return operator === 'Exists';
    return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
  });
}
