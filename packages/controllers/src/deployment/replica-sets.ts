/** A Deployment's ReplicaSets: which one is the new one, which are old, and their sums. */
import { isSameTemplate } from '../templates/pod-template.js';
import { revisionOf } from './annotations.js';
import type { ReadonlyDeployment, ReadonlyReplicaSet } from './annotations.js';

export function specReplicas(set: ReadonlyReplicaSet): number {
  return set.spec?.replicas ?? 1;
}

export function sum(sets: readonly ReadonlyReplicaSet[], of: (set: ReadonlyReplicaSet) => number | undefined): number {
  return sets.reduce((total, set) => total + (of(set) ?? 0), 0);
}

/** Oldest first; equal ages by name. */
export function byAge(a: ReadonlyReplicaSet, b: ReadonlyReplicaSet): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (left !== right) return left < right ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

export interface ReplicaSetsOfDeployment {
  /** The one made from today's template; undefined before it is created. */
  readonly current: ReadonlyReplicaSet | undefined;
  /** All others, oldest first. */
  readonly old: readonly ReadonlyReplicaSet[];
  readonly all: readonly ReadonlyReplicaSet[];
}

/** Finds the new ReplicaSet by its template, never by its name. Of several with that template the oldest wins, for ever. */
export function sortReplicaSets(
  deployment: ReadonlyDeployment,
  sets: readonly ReadonlyReplicaSet[],
): ReplicaSetsOfDeployment {
  const all = sets.toSorted(byAge);
  const template = deployment.spec?.template ?? {};
  const current = all.find((set) => isSameTemplate(set.spec?.template ?? {}, template));
  return { current, old: all.filter((set) => set !== current), all };
}

/** The highest of 64 bits: what would be above could not be read again. */
const lastRevision = 2n ** 63n - 1n;

/** The revision that the new ReplicaSet gets: one above the highest of the old ones. */
export function nextRevision(old: readonly ReadonlyReplicaSet[]): bigint {
  const highest = old.map(revisionOf).reduce((a, b) => (a > b ? a : b), 0n);
  return highest < lastRevision ? highest + 1n : lastRevision;
}
