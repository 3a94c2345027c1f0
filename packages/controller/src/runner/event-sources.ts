/** Where a controller's keys come from: the kind it is for, what it owns, further kinds, and Observables. */
import { controllerReference, formatObjectKey, objectKey, parseApiVersion } from '@kubewright/api';
import type { Kind, KubeObject } from '@kubewright/api';
import type { Clock, Logger } from '@kubewright/core';
import { lowPriority } from '@kubewright/informer';
import type { HandlerRegistration, InformerEvent, SharedInformer, WorkQueue } from '@kubewright/informer';
import type { KindWatch, SourceWatch } from '../decorators/watches.js';
import type { Reconciler } from '../reconcile/reconciler.js';

/** What sources write to, and what they are told of the controller. */
export interface SourceTarget {
  readonly name: string;
  readonly kind: Kind;
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The objects themselves. What was there at the start goes behind what happens meanwhile. */
export function watchOwnKind(
  informer: SharedInformer<KubeObject>,
  { name, queue, kind }: SourceTarget,
): HandlerRegistration {
  return informer.addHandler((event) => add(queue, event.key, event, kind.kind), { name });
}

/** Children: each event runs the object that controls the child, now or until now. */
export function watchOwned(
  informer: SharedInformer<KubeObject>,
  { name, queue, kind }: SourceTarget,
): HandlerRegistration {
  const handler = (event: InformerEvent<KubeObject>): void => {
    const owners = new Set<string>();
    for (const child of [event.object, event.old]) {
      const owner = child && controllerReference(child);
      if (owner === undefined || owner.kind !== kind.kind || parseApiVersion(owner.apiVersion).group !== kind.group)
        continue;
      const namespace = kind.scope === 'Namespaced' ? (child?.metadata.namespace ?? '') : '';
      owners.add(formatObjectKey({ namespace, name: owner.name }));
    }
    for (const key of owners) add(queue, key, event, informer.kind.kind);
  };
  return informer.addHandler(handler, { name });
}

export function watchKind(
  informer: SharedInformer<KubeObject>,
  watch: KindWatch,
  { name, queue }: SourceTarget,
): HandlerRegistration {
  const handler = (event: InformerEvent<KubeObject>): void => {
    // Each key once for an event: a worker may take the first at once, and would run it again for the second.
    const keys = new Set<string>();
    for (const state of [event.object, event.old]) {
      if (state === undefined) continue;
      for (const key of watch.map(state, event)) keys.add(formatObjectKey(key));
    }
    for (const key of keys) add(queue, key, event, informer.kind.kind);
  };
  return informer.addHandler(handler, { name });
}

/** controller-runtime has no such source; the first wait after a failed subscription, doubled up to half a minute. */
const firstRetry = 1_000;
const longestRetry = 30_000;

/**
 * Subscribes to an Observable; after an error anew, with backoff. Its end is taken as it is: nothing more will come. An event
 * that cannot be mapped is logged and passed over; RxJS would throw it again from a timer, which ends the process.
 */
export function watchSource(
  watch: SourceWatch,
  reconciler: Reconciler<KubeObject>,
  { queue, clock, logger }: SourceTarget,
): Disposable {
  let retry = firstRetry;
  let pending: Disposable | undefined;
  let subscription: { unsubscribe(): void } | undefined;
  const failed = (error: unknown): void => {
    logger.error('an event source failed and is subscribed to anew', { error, milliseconds: retry });
    pending = clock.setTimer(retry, again);
    retry = Math.min(retry * 2, longestRetry);
  };
  const again = (): void => {
    try {
      subscribe();
    } catch (error) {
      failed(error);
    }
  };
  const subscribe = (): void => {
    subscription = watch.source(reconciler).subscribe({
      next: (event) => {
        retry = firstRetry;
        try {
          for (const key of watch.map(event))
            queue.add(formatObjectKey(key), { cause: { type: 'event', source: 'observable' } });
        } catch (error) {
          logger.error('an event of a source could not be mapped to keys and was passed over', { error });
        }
      },
      error: failed,
    });
  };
  subscribe();
  return {
    [Symbol.dispose]: () => {
      pending?.[Symbol.dispose]();
      subscription?.unsubscribe();
    },
  };
}

function add(queue: WorkQueue, key: string, event: InformerEvent<KubeObject>, source: string): void {
  const priority = event.isInInitialList ? lowPriority : 0;
  queue.add(key, { priority, cause: { type: event.type, source, key: objectKey(event.object) } });
}
