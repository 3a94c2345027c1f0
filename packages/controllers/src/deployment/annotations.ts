/** What a Deployment writes on its ReplicaSets to find its way later: revision, history, and the size it scaled for. */
import type { DeepReadonly } from '@kubewright/api';
import type { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import { int32Of, int64Of } from '../integers/integer-text.js';

export type ReadonlyDeployment = DeepReadonly<Deployment>;
export type ReadonlyReplicaSet = DeepReadonly<ReplicaSet>;

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';
/** Asks for a rollback; `kubectl rollout undo` of old wrote it. */
export const rollbackAnnotation = 'deprecated.deployment.rollback.to';

/** Never copied from a Deployment to its ReplicaSets. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  rollbackAnnotation,
]);

/** Upstream's bound on the history annotation, in characters. */
const longestHistory = 2000;

/** The revision an object carries; 0 where it has none. An integer of 64 bits, whoever wrote it. */
export function revisionOf(object: {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}): bigint {
  const revision = int64Of(object.metadata.annotations?.[revisionAnnotation]) ?? 0n;
  return revision > 0n ? revision : 0n;
}

/** The Deployment's annotations that its ReplicaSets carry too. */
export function copiedAnnotations(deployment: ReadonlyDeployment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key)),
  );
}

/** The annotations of the new ReplicaSet at `revision`. A revision is only ever raised; what it was before goes into the history. */
export function newReplicaSetAnnotations(
  deployment: ReadonlyDeployment,
  existing: ReadonlyReplicaSet | undefined,
  revision: bigint,
): Record<string, string> {
  const before = existing?.metadata.annotations ?? {};
  const annotations: Record<string, string> = { ...before, ...copiedAnnotations(deployment) };
  const old = existing ? revisionOf(existing) : 0n;
  if (old >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (old > 0n) annotations[revisionHistoryAnnotation] = appendHistory(before[revisionHistoryAnnotation], old);
  return annotations;
}

function appendHistory(history: string | undefined, revision: bigint): string {
  const entries = [...(history ? history.split(',') : []), String(revision)];
  while (entries.join(',').length > longestHistory) entries.shift();
  return entries.join(',');
}

/** What a ReplicaSet was scaled for, which later proportional scaling starts from. */
export function sizeAnnotations(desired: number, max: number): Record<string, string> {
  return { [desiredReplicasAnnotation]: String(desired), [maxReplicasAnnotation]: String(max) };
}

export function numericAnnotation(set: ReadonlyReplicaSet, name: string): number | undefined {
  const size = int32Of(set.metadata.annotations?.[name]);
  return size === undefined || size < 0 ? undefined : size;
}
