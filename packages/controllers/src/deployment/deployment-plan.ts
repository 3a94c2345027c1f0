/**
 * What to do for a Deployment, given its ReplicaSets: a pure function in upstream's order. The controller executes the
 * actions; a subclass that wants another strategy replaces `strategy` and keeps the rest.
 */
import type { DeploymentAction, DeploymentPlan } from './actions.js';
import type { ReadonlyDeployment, ReadonlyReplicaSet } from './annotations.js';
import { planCleanup, planRollback, rollbackRequest } from './history.js';
import { planNewReplicaSet } from './new-replica-set.js';
import { sortReplicaSets } from './replica-sets.js';
import type { ReplicaSetsOfDeployment } from './replica-sets.js';
import { planRecreate, planRollingUpdate } from './rolling-update.js';
import { isScalingEvent, planScaling } from './scaling.js';
import { deploymentStatus, isComplete } from './status.js';

export interface DeploymentSnapshot {
  readonly deployment: ReadonlyDeployment;
  /** Those it controls; adopted and released before. */
  readonly replicaSets: readonly ReadonlyReplicaSet[];
  /** Whether a pod of a ReplicaSet other than the new one has not finished. Only the Recreate strategy asks. */
  readonly oldPodsRun: boolean;
  /** Why the new ReplicaSet could not be created in the run before. */
  readonly createError?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** One step of a rollout, between the new ReplicaSet and the old ones. */
export type RolloutStep = (snapshot: DeploymentSnapshot, sets: ReplicaSetsOfDeployment) => readonly DeploymentAction[];

/** The step of the strategy that the Deployment names. */
export const rolloutStep: RolloutStep = ({ deployment, oldPodsRun }, sets) =>
  deployment.spec?.strategy?.type === 'Recreate'
    ? planRecreate(deployment, sets, oldPodsRun)
    : planRollingUpdate(deployment, sets);

/** Whether a Deployment being created anew from scratch may make its new ReplicaSet: Recreate waits for the old pods. */
function mayCreate({ deployment, oldPodsRun }: DeploymentSnapshot, sets: ReplicaSetsOfDeployment): boolean {
  if (deployment.spec?.strategy?.type !== 'Recreate') return true;
  return !oldPodsRun && sets.old.every((set) => (set.spec?.replicas ?? 1) === 0);
}

export function planDeployment(snapshot: DeploymentSnapshot, step: RolloutStep = rolloutStep): DeploymentPlan {
  const { deployment } = snapshot;
  const sets = sortReplicaSets(deployment, snapshot.replicaSets);
  if (deployment.metadata.deletionTimestamp !== undefined) return withStatus(snapshot, sets, [], false);

  if (deployment.spec?.paused) {
    const actions = [
      ...planNewReplicaSet(deployment, sets, false),
      ...planScaling(deployment, sets),
      ...planCleanup(deployment, sets),
    ];
    return withStatus(snapshot, sets, actions, false);
  }
  const request = rollbackRequest(deployment);
  if (request !== undefined) return { actions: [planRollback(deployment, sets, request)] };
  if (isScalingEvent(deployment, sets)) {
    return withStatus(
      snapshot,
      sets,
      [...planNewReplicaSet(deployment, sets, false), ...planScaling(deployment, sets)],
      false,
    );
  }

  const actions = [...planNewReplicaSet(deployment, sets, mayCreate(snapshot, sets)), ...step(snapshot, sets)];
  const observed = deployment.status?.observedGeneration ?? 0;
  const complete = isComplete(
    deployment,
    { replicas: 0, updatedReplicas: 0, availableReplicas: 0, ...deployment.status },
    observed,
  );
  return withStatus(snapshot, sets, complete ? [...actions, ...planCleanup(deployment, sets)] : actions, true);
}

function withStatus(
  snapshot: DeploymentSnapshot,
  sets: ReplicaSetsOfDeployment,
  actions: readonly DeploymentAction[],
  rolling: boolean,
): DeploymentPlan {
  const { deployment, now, createError } = snapshot;
  const { status, requeueAfter } = deploymentStatus({
    deployment,
    sets,
    rolling,
    now,
    ...(createError !== undefined && { createError }),
  });
  return { actions: [...actions, { do: 'updateStatus', status }], ...(requeueAfter !== undefined && { requeueAfter }) };
}
