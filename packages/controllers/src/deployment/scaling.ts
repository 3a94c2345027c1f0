/** Scaling a Deployment whose template did not change: while it is paused, or in the middle of a rollout. */
import type { DeploymentAction } from './actions.js';
import { desiredReplicasAnnotation, maxReplicasAnnotation, numericAnnotation, sizeAnnotations } from './annotations.js';
import type { ReadonlyDeployment, ReadonlyReplicaSet } from './annotations.js';
import { fencepostsOf, wantedReplicas } from './fenceposts.js';
import { byAge, specReplicas, sum } from './replica-sets.js';
import type { ReplicaSetsOfDeployment } from './replica-sets.js';

/** Sets a ReplicaSet's size; nothing where size and annotations are right already. */
export function scaleTo(deployment: ReadonlyDeployment, set: ReadonlyReplicaSet, replicas: number): DeploymentAction[] {
  const wanted = wantedReplicas(deployment);
  const annotations = sizeAnnotations(wanted, wanted + fencepostsOf(deployment).surge);
  const annotated = Object.entries(annotations).every(([key, value]) => set.metadata.annotations?.[key] === value);
  return specReplicas(set) === replicas && annotated ? [] : [{ do: 'scale', replicaSet: set, replicas, annotations }];
}

/** Whether the Deployment was resized: a ReplicaSet in use was scaled for another number. */
export function isScalingEvent(deployment: ReadonlyDeployment, { all }: ReplicaSetsOfDeployment): boolean {
  return all.some((set) => {
    const desired = numericAnnotation(set, desiredReplicasAnnotation);
    return specReplicas(set) > 0 && desired !== undefined && desired !== wantedReplicas(deployment);
  });
}

/**
 * Scales for a new size. One ReplicaSet in use takes it all; a finished rollout clears the old ones; otherwise each takes a
 * part in proportion to its size, so that a resize in the middle of a rollout keeps the risk where it was.
 */
export function planScaling(deployment: ReadonlyDeployment, sets: ReplicaSetsOfDeployment): DeploymentAction[] {
  const wanted = wantedReplicas(deployment);
  const active = sets.all.filter((set) => specReplicas(set) > 0);
  const only = active.length === 0 ? (sets.current ?? sets.old.at(-1)) : active[0];
  if (active.length <= 1) return only && specReplicas(only) !== wanted ? scaleTo(deployment, only, wanted) : [];
  if (sets.current && isSaturated(deployment, sets.current)) {
    return sets.old.filter((set) => specReplicas(set) > 0).flatMap((set) => scaleTo(deployment, set, 0));
  }
  return deployment.spec?.strategy?.type === 'Recreate' ? [] : proportionally(deployment, active);
}

/** The new ReplicaSet runs everything, and was scaled for just that. */
function isSaturated(deployment: ReadonlyDeployment, set: ReadonlyReplicaSet): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    specReplicas(set) === wanted &&
    numericAnnotation(set, desiredReplicasAnnotation) === wanted &&
    set.status?.availableReplicas === wanted
  );
}

function proportionally(deployment: ReadonlyDeployment, active: readonly ReadonlyReplicaSet[]): DeploymentAction[] {
  const wanted = wantedReplicas(deployment);
  const allowed = wanted > 0 ? wanted + fencepostsOf(deployment).surge : 0;
  const toAdd = allowed - sum(active, specReplicas);
  const bySize = active.toSorted(
    (a, b) => specReplicas(b) - specReplicas(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)),
  );
  let added = 0;
  const sizes = bySize.map((set) => {
    const share = toAdd === added ? 0 : proportion(deployment, set, allowed, toAdd, added);
    added += share;
    return specReplicas(set) + share;
  });
  // What rounding left over goes to the largest.
  sizes[0] = Math.max(0, (sizes[0] ?? 0) + toAdd - added);
  return bySize.flatMap((set, index) => scaleTo(deployment, set, sizes[index] ?? 0));
}

/** How many of the `toAdd` pods (negative: to remove) fall to this ReplicaSet, never more than what is left of them. */
function proportion(
  deployment: ReadonlyDeployment,
  set: ReadonlyReplicaSet,
  allowed: number,
  toAdd: number,
  added: number,
): number {
  const scaledFor = numericAnnotation(set, maxReplicasAnnotation) ?? deployment.status?.replicas ?? 0;
  const size = specReplicas(set);
  if (wantedReplicas(deployment) === 0) return -size;
  const fraction = scaledFor === 0 ? 0 : Math.round((size * allowed) / scaledFor) - size;
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}
