/** The two strategies: replacing pods a few at a time, or all at once after the old ones are gone. */
import type { DeploymentAction } from './actions.js';
import type { ReadonlyDeployment, ReadonlyReplicaSet } from './annotations.js';
import { fencepostsOf, wantedReplicas } from './fenceposts.js';
import { specReplicas, sum } from './replica-sets.js';
import type { ReplicaSetsOfDeployment } from './replica-sets.js';
import { scaleTo } from './scaling.js';

/** The size a new ReplicaSet may have, given what runs already. */
export function newReplicaSetSize(
  deployment: ReadonlyDeployment,
  current: ReadonlyReplicaSet | undefined,
  all: readonly ReadonlyReplicaSet[],
): number {
  const wanted = wantedReplicas(deployment);
  if (deployment.spec?.strategy?.type === 'Recreate') return wanted;
  const size = current ? specReplicas(current) : 0;
  const room = wanted + fencepostsOf(deployment).surge - sum(all, specReplicas);
  return room <= 0 ? size : size + Math.min(room, wanted - size);
}

/** One step: up where there is room, otherwise down as far as enough pods stay available. Never both in one step. */
export function planRollingUpdate(deployment: ReadonlyDeployment, sets: ReplicaSetsOfDeployment): DeploymentAction[] {
  const { current } = sets;
  if (current === undefined) return [];
  const wanted = wantedReplicas(deployment);
  const size = specReplicas(current) > wanted ? wanted : newReplicaSetSize(deployment, current, sets.all);
  if (size !== specReplicas(current)) return scaleTo(deployment, current, size);
  return planScaleDown(deployment, current, sets);
}

function planScaleDown(
  deployment: ReadonlyDeployment,
  current: ReadonlyReplicaSet,
  { old, all }: ReplicaSetsOfDeployment,
): DeploymentAction[] {
  const active = old.filter((set) => specReplicas(set) > 0);
  if (active.length === 0) return [];
  const minAvailable = wantedReplicas(deployment) - fencepostsOf(deployment).unavailable;
  const newUnavailable = specReplicas(current) - (current.status?.availableReplicas ?? 0);
  const mayGo = sum(all, specReplicas) - minAvailable - newUnavailable;
  if (mayGo <= 0) return [];

  // Pods that do not serve go first, whatever the rollout has reached: losing them costs nothing.
  const sizes = new Map(active.map((set) => [set, specReplicas(set)]));
  let cleaned = 0;
  for (const set of active) {
    const unhealthy = specReplicas(set) - (set.status?.availableReplicas ?? 0);
    const cut = Math.max(0, Math.min(mayGo - cleaned, unhealthy));
    sizes.set(set, specReplicas(set) - cut);
    cleaned += cut;
  }
  let available = sum(all, (set) => set.status?.availableReplicas) - minAvailable;
  for (const set of active) {
    const cut = Math.max(0, Math.min(available, sizes.get(set) ?? 0));
    sizes.set(set, (sizes.get(set) ?? 0) - cut);
    available -= cut;
  }
  return active.flatMap((set) =>
    sizes.get(set) === specReplicas(set) ? [] : scaleTo(deployment, set, sizes.get(set) ?? 0),
  );
}

/**
 * All old ones down first. The new one is made, at full size, only when no pod of an old one runs any more.
 *
 * @param oldPodsRun - whether a pod of an old ReplicaSet has not finished.
 */
export function planRecreate(
  deployment: ReadonlyDeployment,
  { current, old }: ReplicaSetsOfDeployment,
  oldPodsRun: boolean,
): DeploymentAction[] {
  const down = old.filter((set) => specReplicas(set) > 0).flatMap((set) => scaleTo(deployment, set, 0));
  if (down.length > 0 || oldPodsRun || current === undefined) return down;
  return specReplicas(current) === wantedReplicas(deployment)
    ? []
    : scaleTo(deployment, current, wantedReplicas(deployment));
}
