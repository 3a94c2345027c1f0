import { controllerReference, isDeleting } from '@kubewright/api';
import type { DeepReadonly, KubeObject, LabelSelector } from '@kubewright/api';

export interface AdoptionPlan<C extends KubeObject> {
  /** Its own, and still selected. */
  readonly keep: readonly DeepReadonly<C>[];
  /** Selected, and nobody's. */
  readonly adopt: readonly DeepReadonly<C>[];
  /** Its own, and no longer selected. */
  readonly release: readonly DeepReadonly<C>[];
}

/**
 * What an owner has to do about objects that are its own or nobody's. One that is being deleted neither adopts nor releases;
 * an object that is being deleted is not adopted; one that somebody else controls is left alone.
 */
export function planAdoption<C extends KubeObject>(
  owner: DeepReadonly<KubeObject>,
  selector: LabelSelector,
  candidates: Iterable<DeepReadonly<C>>,
): AdoptionPlan<C> {
  const keep: DeepReadonly<C>[] = [];
  const adopt: DeepReadonly<C>[] = [];
  const release: DeepReadonly<C>[] = [];
  for (const candidate of candidates) {
    const { metadata }: DeepReadonly<KubeObject> = candidate;
    const controller = controllerReference(candidate);
    const selected = selector.matches(metadata.labels);
    if (controller === undefined) {
      if (selected && !isDeleting(owner) && !isDeleting(candidate)) adopt.push(candidate);
    } else if (controller.uid === owner.metadata.uid) {
      if (selected) keep.push(candidate);
      else if (!isDeleting(owner)) release.push(candidate);
    }
  }
  return { keep, adopt, release };
}
