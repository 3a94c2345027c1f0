import { isNotFound } from '@kubewright/api';
import type { ObjectKey } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { Cluster, Controller, Reconciler, Watches } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { inject } from '@kubewright/core';
import { mergeMap } from 'rxjs';
import type { Observable } from 'rxjs';
import { boundByController } from './annotations.js';
import type { ReadonlyClaim, ReadonlyVolume } from './annotations.js';
import { planVolume } from './volume-plan.js';
import type { VolumePlan } from './volume-plan.js';
import { VolumeIndex } from './volume-index.js';

type Context = ReconcileContext<PersistentVolume>;

/**
 * Keeps the phase of volumes: Available, Bound, and Released once the claim is gone. A released volume with the policy
 * `Delete` is deleted by the provisioner of its driver; with `Retain` it waits for a person.
 */
@Controller({
  for: PersistentVolume,
  reads: [PersistentVolumeClaim],
  name: 'persistentvolume-reclaimer',
  reconcileDeleting: true,
})
@Watches((reclaimer: PersistentVolumeReclaimer) => reclaimer.claimChanges$, (key: ObjectKey) => [key])
export class PersistentVolumeReclaimer extends Reconciler<PersistentVolume> {
  constructor(@inject(Cluster) protected readonly cluster: Cluster) {
    super();
  }

  override async reconcile(volume: ReadonlyVolume, ctx: Context): Promise<void> {
    const plan = this.plan(volume, await claimOf(volume, ctx));
    if (plan.do === 'phase') return ctx.status({ phase: plan.phase });
    if (plan.do === 'unbind') await unbind(volume, plan.keepName, ctx);
  }

  /** Decides what to do about a volume. Pure: no writes here. */
  protected plan(volume: ReadonlyVolume, claim: ReadonlyClaim | undefined): VolumePlan {
    return planVolume(volume, claim);
  }

  /** Volumes that a change of a claim concerns: those that name it, and the one that it names. */
  get claimChanges$(): Observable<ObjectKey> {
    const { informers } = this.cluster;
    const volumes = new VolumeIndex(informers);
    return informers.informer(PersistentVolumeClaim).events$.pipe(
      mergeMap(({ object }) => {
        const { name: claimName = '', namespace } = object.metadata;
        const named = volumes.claimedBy({ name: claimName, namespace });
        const names = new Set([...named.map(({ metadata }) => metadata.name), object.spec?.volumeName]);
        return [...names].flatMap((name) => (name ? [{ name }] : []));
      }),
    );
  }
}

/** The claim that a volume names. A cache that does not know it is not enough to release data: then the server is asked. */
async function claimOf({ spec, status }: ReadonlyVolume, ctx: Context): Promise<ReadonlyClaim | undefined> {
  const { name, namespace, uid } = spec?.claimRef ?? {};
  if (!name || !uid) return undefined;
  const cached = ctx.get(PersistentVolumeClaim, { name, namespace });
  if (cached?.metadata.uid === uid || status?.phase === 'Released') return cached;
  try {
    return await ctx.client.get(PersistentVolumeClaim, { name, namespace }, { signal: ctx.signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function unbind(volume: ReadonlyVolume, keepName: boolean, ctx: Context): Promise<void> {
  const { resourceVersion } = volume.metadata;
  const claimRef = keepName ? { uid: null, resourceVersion: null } : null;
  const annotations = { [boundByController]: null };
  await ctx.patch(PersistentVolume, volume, { metadata: { resourceVersion, annotations }, spec: { claimRef } });
}
