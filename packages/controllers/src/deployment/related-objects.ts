/** Which Deployments a change of a ReplicaSet or a pod concerns, beyond the ReplicaSet's own controller. */
import { isSemanticallyEqual } from '@kubewright/controller';
import { LabelSelector, controllerReference } from '@kubewright/api';
import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import type { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import type { Pod } from '@kubewright/api/core/v1';
import type { InformerEvent, Lister } from '@kubewright/informer';
import { isPodFinished } from '../pods/pod-state.js';
import type { ReadonlyReplicaSet } from './annotations.js';

/** Deployments that may adopt a ReplicaSet that nobody controls. */
export function adoptersOf(
  { type, object, old, isInInitialList }: InformerEvent<ReplicaSet>,
  deployments: Lister<Deployment>,
): ObjectKey[] {
  if (isInInitialList || type === 'deleted' || controllerReference(object) !== undefined) return [];
  if (
    old !== undefined &&
    controllerReference(old) === undefined &&
    isSemanticallyEqual(old.metadata.labels, object.metadata.labels)
  )
    return [];
  const { namespace, labels } = object.metadata;
  const selecting = deployments
    .list({ namespace })
    .filter(({ spec }) => LabelSelector.from(spec?.selector).matches(labels));
  return selecting.map(({ metadata }) => ({ name: metadata.name ?? '', namespace }));
}

/** The Deployment that waits for a pod to be gone: one that recreates starts its new pods after the last old one. */
export function waitingForPod(
  { type, object, old }: InformerEvent<Pod>,
  sets: Lister<ReplicaSet>,
  deployments: Lister<Deployment>,
): ObjectKey[] {
  const ended = type === 'deleted' || (old !== undefined && isPodFinished(object) && !isPodFinished(old));
  if (!ended) return [];
  const set = owner(object, 'ReplicaSet', sets);
  const deployment = set && owner(set, 'Deployment', deployments);
  if (deployment?.spec?.strategy?.type !== 'Recreate') return [];
  return [{ name: deployment.metadata.name ?? '', namespace: deployment.metadata.namespace }];
}

function owner<O extends ReplicaSet | Deployment>(
  child: DeepReadonly<Pod> | ReadonlyReplicaSet,
  kind: string,
  owners: Lister<O>,
): DeepReadonly<O> | undefined {
  const reference = controllerReference(child);
  if (reference?.kind !== kind) return undefined;
  const found = owners.get({ name: reference.name, namespace: child.metadata.namespace });
  const uid = found?.metadata.uid;
  return uid === reference.uid ? found : undefined;
}
