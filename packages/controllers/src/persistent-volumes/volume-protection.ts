/** Keeps claims that pods use, and volumes that claims are bound to, until nobody needs them any more. */
import { hasFinalizer, isDeleting } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim, Pod } from '@kubewright/api/core/v1';
import { Controller, Reconciler, WatchesKind, existsLive } from '@kubewright/controller';
import type { ReconcileContext, Resource } from '@kubewright/controller';
import type { ReadonlyPod } from '../pods/pod-state.js';
import { isPodFinished } from '../pods/pod-state.js';
import type { ReadonlyClaim, ReadonlyVolume } from './annotations.js';
import { claimUses } from './claim-uses.js';

const claimFinalizer = 'kubernetes.io/pvc-protection';
const volumeFinalizer = 'kubernetes.io/pv-protection';

/** Puts `kubernetes.io/pvc-protection` on claims, and takes it off a claim to be deleted when no scheduled pod names it. */
@Controller({
  for: PersistentVolumeClaim,
  name: 'persistentvolumeclaim-protection-controller',
  reconcileDeleting: true,
})
@WatchesKind(Pod, (pod) => claimUses(pod).map(({ name }) => ({ name, namespace: pod.metadata.namespace })))
export class PersistentVolumeClaimProtection extends Reconciler<PersistentVolumeClaim> {
  override async reconcile(claim: ReadonlyClaim, ctx: ReconcileContext<PersistentVolumeClaim>): Promise<void> {
    const isUsed = (): Promise<boolean> => existsLive(ctx, Pod, (pod) => uses(pod, claim));
    await protect(PersistentVolumeClaim, claim, claimFinalizer, ctx, isUsed);
  }
}

/** Puts `kubernetes.io/pv-protection` on volumes, and takes it off a volume to be deleted when it is not bound. */
@Controller({ for: PersistentVolume, name: 'persistentvolume-protection-controller', reconcileDeleting: true })
export class PersistentVolumeProtection extends Reconciler<PersistentVolume> {
  override async reconcile(volume: ReadonlyVolume, ctx: ReconcileContext<PersistentVolume>): Promise<void> {
    await protect(PersistentVolume, volume, volumeFinalizer, ctx, () => volume.status?.phase === 'Bound');
  }
}

/** A pod that may run holds its claims, finished or not, until it is gone; one that is finished needs no scratch space. */
export function uses(pod: ReadonlyPod, { metadata }: ReadonlyClaim): boolean {
  if (!pod.spec?.nodeName || pod.metadata.namespace !== metadata.namespace) return false;
  return claimUses(pod).some(({ name, ephemeral }) => name === metadata.name && !(ephemeral && isPodFinished(pod)));
}

async function protect<T extends KubeObject>(
  resource: Resource<T>,
  object: DeepReadonly<T>,
  finalizer: string,
  ctx: ReconcileContext<T>,
  isUsed: () => boolean | Promise<boolean>,
): Promise<void> {
  if (!isDeleting(object)) await ctx.addFinalizer(resource, object, finalizer);
  else if (hasFinalizer(object, finalizer) && !(await isUsed())) await ctx.removeFinalizer(resource, object, finalizer);
}
