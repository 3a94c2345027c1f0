/**
 * Who controls what, for controllers whose children may come from others: a child is found by its controller's uid, and one
 * that nobody controls by its namespace, since it may be adopted.
 */
import { controllerReference } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import type { SharedInformer } from '@kubewright/informer';

const ownershipIndex = 'kubewright-ownership';

function ownershipOf(object: DeepReadonly<KubeObject>): readonly string[] {
  return [controllerReference(object)?.uid ?? orphansIn(object.metadata.namespace)];
}

/** No uid has a space in it. */
function orphansIn(namespace: string | undefined): string {
  return `orphans in ${namespace ?? ''}`;
}

/** What the object with this uid controls. */
export function controlledBy<T extends KubeObject>(
  informer: SharedInformer<T>,
  uid: string | undefined,
): DeepReadonly<T>[] {
  if (uid === undefined) return [];
  return informer.addIndex(ownershipIndex, ownershipOf).lister.list({ index: { name: ownershipIndex, value: uid } });
}

/** What nobody controls in a namespace. */
export function orphans<T extends KubeObject>(
  informer: SharedInformer<T>,
  namespace: string | undefined,
): DeepReadonly<T>[] {
  return informer
    .addIndex(ownershipIndex, ownershipOf)
    .lister.list({ index: { name: ownershipIndex, value: orphansIn(namespace) } });
}
