import { isSemanticallyEqual } from '@kubewright/controller';
import type { Expectations } from '@kubewright/controller';
import { LabelSelector, controllerReference, isDeleting, parseApiVersion } from '@kubewright/api';
import type { ObjectKey } from '@kubewright/api';
import type { ReplicaSet } from '@kubewright/api/apps/v1';
import type { Pod } from '@kubewright/api/core/v1';
import type { InformerEvent, Lister } from '@kubewright/informer';
import type { ReadonlyPod } from '../pods/pod-state.js';

interface Controller {
  readonly uid: string;
  readonly key: ObjectKey;
}

/** Hears of pods: notes what was expected, and tells which ReplicaSets are concerned. */
export class PodObserver {
  constructor(
    private readonly expectations: Expectations,
    private readonly sets: Pick<Lister<ReplicaSet>, 'list'>,
  ) {}

  concerned({ type, object, old, isInInitialList }: InformerEvent<Pod>): ObjectKey[] {
    const now = replicaSetOf(object);
    const before = old && replicaSetOf(old);
    this.#note(type, object, now);
    // Every ReplicaSet is run once at the start anyway.
    if (isInInitialList) return [];
    const keys = [now, ...(before?.uid === now?.uid ? [] : [before])].flatMap((controller) => controller?.key ?? []);
    if (controllerReference(object) !== undefined || type === 'deleted') return keys;
    // Nobody's pod may be adopted. What selected it before does so still, unless its labels or owners changed.
    const isNews =
      old === undefined ||
      controllerReference(old) !== undefined ||
      !isSemanticallyEqual(old.metadata.labels, object.metadata.labels);
    return isNews ? [...keys, ...this.#selecting(object)] : keys;
  }

  #note(type: InformerEvent<Pod>['type'], pod: ReadonlyPod, controller: Controller | undefined): void {
    if (controller === undefined) return;
    if (type === 'deleted' || isDeleting(pod))
      this.expectations.deletionObserved(controller.uid, pod.metadata.uid ?? '');
    if (type === 'added') this.expectations.creationObserved(controller.uid);
  }

  #selecting(pod: ReadonlyPod): ObjectKey[] {
    const { namespace } = pod.metadata;
    const selecting = this.sets
      .list({ namespace })
      .filter(({ spec }) => LabelSelector.from(spec?.selector).matches(pod.metadata.labels));
    return selecting.map(({ metadata }) => ({ name: metadata.name ?? '', namespace }));
  }
}

function replicaSetOf(pod: ReadonlyPod): Controller | undefined {
  const reference = controllerReference(pod);
  if (reference?.kind !== 'ReplicaSet' || parseApiVersion(reference.apiVersion).group !== 'apps') return undefined;
  return { uid: reference.uid, key: { name: reference.name, namespace: pod.metadata.namespace } };
}
