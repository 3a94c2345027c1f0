import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { foregroundFinalizer, orphanFinalizer } from './owner-graph.js';
import type { ReadonlyOwnerReference } from './object-identity.js';

export interface ClassifiedOwners {
  /** They exist, and keep the object. */
  readonly solid: readonly ReadonlyOwnerReference[];
  /** They do not exist. */
  readonly dangling: readonly ReadonlyOwnerReference[];
  /** They are being deleted and wait for the object to go first. */
  readonly waiting: readonly ReadonlyOwnerReference[];
}

/** @param owners - the owner behind each reference, as the server has it; undefined where there is none. */
export function classifyOwners(
  owners: readonly (readonly [ReadonlyOwnerReference, DeepReadonly<KubeObject> | undefined])[],
): ClassifiedOwners {
  const solid: ReadonlyOwnerReference[] = [];
  const dangling: ReadonlyOwnerReference[] = [];
  const waiting: ReadonlyOwnerReference[] = [];
  for (const [reference, owner] of owners) {
    if (owner === undefined) dangling.push(reference);
    else if (owner.metadata.deletionTimestamp !== undefined && owner.metadata.finalizers?.includes(foregroundFinalizer))
      waiting.push(reference);
    else solid.push(reference);
  }
  return { solid, dangling, waiting };
}

/** What to do with an object, given its owners. */
export type Verdict =
  | { readonly do: 'keep' }
  /** Some owners are real: the others are taken off. */
  | { readonly do: 'dropOwners'; readonly uids: ReadonlySet<string> }
  /** Nobody keeps it. */
  | {
      readonly do: 'delete';
      readonly policy: 'Orphan' | 'Foreground' | 'Background';
      readonly unblocksOwners: boolean;
    };

/**
 * Decides on an object that has owners.
 *
 * @param dependents - what the graph knows to depend on it.
 */
export function judge(
  object: DeepReadonly<KubeObject>,
  { solid, dangling, waiting }: ClassifiedOwners,
  dependents: Iterable<{ readonly isDeletingDependents: boolean }>,
): Verdict {
  const gone = [...dangling, ...waiting];
  if (solid.length > 0)
    return gone.length === 0 ? { do: 'keep' } : { do: 'dropOwners', uids: new Set(gone.map(({ uid }) => uid)) };
  if (gone.length === 0) return { do: 'keep' };
  const below = [...dependents];
  // An owner waits for it, so what depends on it goes first. Where one of those waits too, the circle has to be broken.
  if (waiting.length > 0 && below.length > 0)
    return {
      do: 'delete',
      policy: 'Foreground',
      unblocksOwners: below.some(({ isDeletingDependents }) => isDeletingDependents),
    };
  const finalizers = object.metadata.finalizers ?? [];
  const policy = finalizers.includes(orphanFinalizer)
    ? 'Orphan'
    : finalizers.includes(foregroundFinalizer)
      ? 'Foreground'
      : 'Background';
  return { do: 'delete', policy, unblocksOwners: false };
}
