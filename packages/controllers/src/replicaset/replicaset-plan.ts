/** How many pods a ReplicaSet has to make, or which it has to remove: pure, given the pods that it has. */
import type { DeepReadonly } from '@kubewright/api';
import type { ReplicaSet } from '@kubewright/api/apps/v1';
import type { Pod } from '@kubewright/api/core/v1';
import type { NewObject } from '@kubewright/informer';
import { availableAt, isPodActive } from '../pods/pod-state.js';
import type { ReadonlyPod } from '../pods/pod-state.js';
import { podsToDelete } from './deletion-rank.js';

/** The most pods that one run makes or removes: upstream's BurstReplicas. */
export const burstReplicas = 500;

export type ReplicasPlan =
  | { readonly do: 'nothing' }
  | { readonly do: 'create'; readonly count: number }
  | { readonly do: 'delete'; readonly pods: readonly ReadonlyPod[] };

/**
 * @param pods - all that the ReplicaSet controls.
 * @param related - the pods of every ReplicaSet of the same owner, asked for only where some have to go.
 * @param now - milliseconds since the epoch.
 */
export function planReplicas(
  set: DeepReadonly<ReplicaSet>,
  pods: readonly ReadonlyPod[],
  related: () => readonly ReadonlyPod[],
  now: number,
): ReplicasPlan {
  if (set.metadata.deletionTimestamp !== undefined) return { do: 'nothing' };
  const active = pods.filter(isPodActive);
  const missing = (set.spec?.replicas ?? 1) - active.length;
  if (missing > 0) return { do: 'create', count: Math.min(missing, burstReplicas) };
  if (missing < 0)
    return { do: 'delete', pods: podsToDelete(active, related(), Math.min(-missing, burstReplicas), now) };
  return { do: 'nothing' };
}

/** A new pod from the template; the server chooses its name. */
export function podFromTemplate(set: DeepReadonly<ReplicaSet>): NewObject<Pod> {
  const { metadata = {}, spec = { containers: [] } } = set.spec?.template ?? {};
  const { labels, annotations, finalizers } = metadata;
  const { name = '', namespace } = set.metadata;
  return {
    metadata: {
      generateName: `${name}-`,
      ...(namespace !== undefined && { namespace }),
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
      ...(finalizers !== undefined && { finalizers }),
    },
    spec,
  };
}

/** Milliseconds until the next ready pod counts as available; undefined where none waits for that. */
export function untilNextAvailable(
  set: DeepReadonly<ReplicaSet>,
  pods: readonly ReadonlyPod[],
  now: number,
): number | undefined {
  const seconds = set.spec?.minReadySeconds ?? 0;
  if (seconds === 0) return undefined;
  const times = pods.filter(isPodActive).flatMap((pod) => availableAt(pod, seconds) ?? []);
  const next = Math.min(...times.filter((time) => time > now));
  return Number.isFinite(next) ? next - now : undefined;
}
