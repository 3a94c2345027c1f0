import type { DeepReadonly } from './deep-readonly.js';
import type { KubeObject } from './kube-object.js';

export function hasFinalizer(object: DeepReadonly<KubeObject>, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Adds a finalizer to the object itself. Answers whether it was missing. */
export function addFinalizer(object: KubeObject, finalizer: string): boolean {
  if (hasFinalizer(object, finalizer)) return false;
  object.metadata.finalizers = [...(object.metadata.finalizers ?? []), finalizer];
  return true;
}

/** Removes a finalizer from the object itself; the list goes with its last entry. Answers whether it was there. */
export function removeFinalizer(object: KubeObject, finalizer: string): boolean {
  if (!hasFinalizer(object, finalizer)) return false;
  const rest = object.metadata.finalizers?.filter((each) => each !== finalizer) ?? [];
  if (rest.length > 0) object.metadata.finalizers = rest;
  else delete object.metadata.finalizers;
  return true;
}

/** Whether a delete of the object was accepted and waits for finalizers or a grace period. */
export function isDeleting(object: DeepReadonly<KubeObject>): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}
