import type { DeepReadonly, KubeObject, ObjectKey } from '@kubewright/api';
import type { Class } from '@kubewright/core';
import type { InformerEvent } from '@kubewright/informer';
import type { Observable } from 'rxjs';
import type { Resource } from '../custom-resource/custom-resource.js';
import type { Reconciler } from '../reconcile/reconciler.js';

/** Which objects to reconcile for an event. */
export type MapToKeys<E> = (event: E) => Iterable<ObjectKey>;

/** A further kind: its objects are cached, and each change is mapped to keys. Both the old and the new state are mapped. */
export interface KindWatch {
  readonly resource: Resource;
  readonly map: (object: DeepReadonly<KubeObject>, event: InformerEvent<KubeObject>) => Iterable<ObjectKey>;
}

/** Any other source of events; made with the reconciler, so that it may come from what that was injected with. */
export interface SourceWatch {
  readonly source: (reconciler: Reconciler<KubeObject>) => Observable<unknown>;
  readonly map: MapToKeys<unknown>;
}

export type Watch = KindWatch | SourceWatch;

const watchesByClass = new WeakMap<object, Watch[]>();

/** `@WatchesKind(ConfigMap, (settings) => [{ name: settings.metadata.labels?.site ?? '', namespace: … }])` on a controller class. */
export function WatchesKind<C extends KubeObject>(
  resource: Resource<C>,
  map: (object: DeepReadonly<C>, event: InformerEvent<C>) => Iterable<ObjectKey>,
): (target: Class) => void {
  return addWatch({ resource: resource as Resource, map: map as KindWatch['map'] });
}

/**
 * An Observable as a source of events: `@Watches((site: SiteController) => site.hosting.changes$, (change) => [{ name: change.site }])`
 * on a controller class. It is subscribed to while the controller runs. An error is logged and the source subscribed to anew, with backoff.
 */
export function Watches<E, R extends Reconciler<never>>(
  source: Observable<E> | ((reconciler: R) => Observable<E>),
  map: MapToKeys<E>,
): (target: Class) => void {
  const make = typeof source === 'function' ? source : () => source;
  return addWatch({ source: make as SourceWatch['source'], map: map as MapToKeys<unknown> });
}

function addWatch(watch: Watch): (target: Class) => void {
  return (target) => {
    watchesByClass.set(target, [watch, ...(watchesByClass.get(target) ?? [])]);
  };
}

/** The watches of a class and its ancestors. */
export function watchesOf(target: Class): readonly Watch[] {
  const all: Watch[] = [];
  for (
    let constructor: unknown = target;
    typeof constructor === 'function';
    constructor = Object.getPrototypeOf(constructor)
  ) {
    all.unshift(...(watchesByClass.get(constructor) ?? []));
  }
  return all;
}
