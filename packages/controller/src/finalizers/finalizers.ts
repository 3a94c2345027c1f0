/** Puts finalizers on objects before they are reconciled, and runs and removes them when an object is to go. */
import { hasFinalizer } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import type { ReconcileContext } from '../reconcile/reconcile-context.js';
import type { Resource } from '../custom-resource/custom-resource.js';

export interface FinalizerStep<T extends KubeObject> {
  readonly finalizer: string;
  readonly run: (object: DeepReadonly<T>, ctx: ReconcileContext<T>) => Promise<unknown>;
}

/** The finalizers that an object lacks. */
export function missingFinalizers<T extends KubeObject>(
  object: DeepReadonly<T>,
  steps: readonly FinalizerStep<T>[],
): string[] {
  return steps.map(({ finalizer }) => finalizer).filter((finalizer) => !hasFinalizer(object, finalizer));
}

/** Adds finalizers. The resourceVersion in the patch makes it a conflict where somebody else changes the list meanwhile. */
export function addFinalizers<T extends KubeObject>(
  resource: Resource<T>,
  object: DeepReadonly<T>,
  missing: readonly string[],
  ctx: ReconcileContext<T>,
): Promise<T> {
  return writeFinalizers(resource, object, [...(object.metadata.finalizers ?? []), ...missing], ctx);
}

/** Runs the steps whose finalizer the object has, in order, removing each after it succeeded. */
export async function runFinalizers<T extends KubeObject>(
  resource: Resource<T>,
  object: DeepReadonly<T>,
  steps: readonly FinalizerStep<T>[],
  ctx: ReconcileContext<T>,
): Promise<void> {
  let current = object;
  for (const { finalizer, run } of steps) {
    if (!hasFinalizer(current, finalizer)) continue;
    await run(current, ctx);
    const rest = (current.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    // What the server answers is the newest state: the next removal builds on it, without waiting for the cache.
    current = (await writeFinalizers(resource, current, rest, ctx)) as DeepReadonly<T>;
  }
}

function writeFinalizers<T extends KubeObject>(
  resource: Resource<T>,
  object: DeepReadonly<T>,
  finalizers: readonly string[],
  ctx: ReconcileContext<T>,
): Promise<T> {
  return ctx.patch(resource, object, { metadata: { finalizers, resourceVersion: object.metadata.resourceVersion } });
}
