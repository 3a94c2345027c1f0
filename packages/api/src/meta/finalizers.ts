import type { DeepReadonly } from './deep-readonly.js';
import type { KubeObject } from './kube-object.js';

export function hasFinalizer(object: DeepReadonly<KubeObject>, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Whether a delete of the object was accepted and waits for finalizers or a grace period. */
export function isDeleting(object: DeepReadonly<KubeObject>): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}
