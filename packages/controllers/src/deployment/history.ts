/** Old ReplicaSets as history: how many are kept, and going back to one. */
import type { PodTemplateSpec } from '@kubewright/api/core/v1';
import type { DeploymentAction } from './actions.js';
import { copiedAnnotations, revisionOf, rollbackAnnotation } from './annotations.js';
import type { ReadonlyDeployment, ReadonlyReplicaSet } from './annotations.js';
import { compareIntegers, int64Of } from '../integers/integer-text.js';
import { isSameTemplate, podTemplateHashLabel } from '../templates/pod-template.js';
import { specReplicas } from './replica-sets.js';
import type { ReplicaSetsOfDeployment } from './replica-sets.js';

const defaultHistoryLimit = 10;

/** Deletes the oldest revisions beyond the limit, and only such as are empty, observed and not being deleted. */
export function planCleanup(deployment: ReadonlyDeployment, { old }: ReplicaSetsOfDeployment): DeploymentAction[] {
  const live = old.filter((set) => set.metadata.deletionTimestamp === undefined);
  const excess = live.length - (deployment.spec?.revisionHistoryLimit ?? defaultHistoryLimit);
  if (excess <= 0) return [];
  return live
    .toSorted((a, b) => compareIntegers(revisionOf(a), revisionOf(b)))
    .slice(0, excess)
    .filter(isSpent)
    .map((replicaSet) => ({ do: 'deleteReplicaSet', replicaSet }));
}

function isSpent(set: ReadonlyReplicaSet): boolean {
  return (
    specReplicas(set) === 0 &&
    (set.status?.replicas ?? 0) === 0 &&
    (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0)
  );
}

/** What a rollback request asks for: a revision, or 0 for the one before today's. */
export function rollbackRequest(deployment: ReadonlyDeployment): bigint | undefined {
  const revision = int64Of(deployment.metadata.annotations?.[rollbackAnnotation]);
  return revision === undefined || revision < 0n ? undefined : revision;
}

export function planRollback(
  deployment: ReadonlyDeployment,
  { all }: ReplicaSetsOfDeployment,
  request: bigint,
): DeploymentAction {
  const revisions = [...new Set(all.map(revisionOf))].toSorted((a, b) => compareIntegers(b, a));
  const revision = request === 0n ? (revisions[1] ?? 0n) : request;
  const target = revision === 0n ? undefined : all.find((set) => revisionOf(set) === revision);
  const template = target?.spec?.template;
  if (target === undefined || template === undefined) {
    return {
      do: 'dropRollback',
      reason: 'DeploymentRollbackRevisionNotFound',
      message: 'Unable to find last revision.',
    };
  }
  if (isSameTemplate(template, deployment.spec?.template ?? {})) {
    return {
      do: 'dropRollback',
      reason: 'DeploymentRollbackTemplateUnchanged',
      message: `The rollback revision contains the same template as current deployment "${deployment.metadata.name}"`,
    };
  }
  const { [podTemplateHashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  return {
    do: 'rollback',
    revision,
    template: structuredClone({ ...template, metadata: { ...template.metadata, labels } }) as PodTemplateSpec,
    annotations: { ...copiedAnnotations(deployment), ...copiedFrom(target) },
  };
}

/** A rollback brings the annotations of that time back too. */
function copiedFrom(set: ReadonlyReplicaSet): Record<string, string> {
  return Object.fromEntries(
    Object.entries(set.metadata.annotations ?? {}).filter(([key]) => !key.startsWith('deployment.kubernetes.io/')),
  );
}
