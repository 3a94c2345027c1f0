/**
 * Who controls what: an object is found by its controller's uid, and one that nobody controls by its namespace, since it may be
 * adopted. One index per cached kind serves both, for all controllers that share the cache.
 */
import { controllerReference } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import type { SharedInformer } from '@kubewright/informer';

const ownershipIndex = 'kubewright-ownership';

/** An informer that can be asked who controls what. To be called before it has many objects, or they are gone through. */
export function withOwnership<T extends KubeObject>(informer: SharedInformer<T>): SharedInformer<T> {
  return informer.addIndex(ownershipIndex, ownershipOf);
}

/** What the object with this uid controls. */
export function controlledBy<T extends KubeObject>(
  informer: SharedInformer<T>,
  uid: string | undefined,
): DeepReadonly<T>[] {
  if (uid === undefined) return [];
  return withOwnership(informer).lister.list({ index: { name: ownershipIndex, value: uid } });
}

/** What nobody controls in a namespace. */
export function orphans<T extends KubeObject>(
  informer: SharedInformer<T>,
  namespace: string | undefined,
): DeepReadonly<T>[] {
  return withOwnership(informer).lister.list({ index: { name: ownershipIndex, value: orphansIn(namespace) } });
}

function ownershipOf(object: DeepReadonly<KubeObject>): readonly string[] {
  return [controllerReference(object)?.uid ?? orphansIn(object.metadata.namespace)];
}

/** No uid has a space in it. */
function orphansIn(namespace: string | undefined): string {
  return `orphans in ${namespace ?? ''}`;
}
