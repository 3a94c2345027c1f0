/** Puts a controller's finalizers on objects before they are reconciled, and runs and removes them when an object is to go. */
import { hasFinalizer } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import type { Resource } from '../custom-resource/custom-resource.js';
import type { ReconcileContext } from '../reconcile/reconcile-context.js';

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

/** Runs the steps whose finalizer the object has, in order, removing each after it succeeded. */
export async function runFinalizers<T extends KubeObject>(
  resource: Resource<T>,
  object: DeepReadonly<T>,
  steps: readonly FinalizerStep<T>[],
  ctx: ReconcileContext<T>,
): Promise<void> {
  let current: DeepReadonly<T> | undefined = object;
  for (const { finalizer, run } of steps) {
    if (current === undefined || !hasFinalizer(current, finalizer)) continue;
    await run(current, ctx);
    // What the server answers is the newest state: the next removal builds on it, without waiting for the cache.
    current = await ctx.removeFinalizer(resource, current, finalizer);
  }
}
