/** Snapshots and groups of them: their kinds and definitions, and the controllers that take, bind and delete them. */
import { hasFinalizer, isDeleting } from '@kubewright/api';
import type { DeepReadonly, KubeObject, ObjectKey } from '@kubewright/api';
import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { Controller, Reconciler, WatchesKind, existsLive, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { isMarked, marksOfSnapshot } from './content-holder.js';
import { contentNameOf } from './group-members.js';
import { VolumeSnapshot, VolumeSnapshotContent } from './kinds.js';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
type ReadonlySnapshot = DeepReadonly<VolumeSnapshot>;
type Context = ReconcileContext<PersistentVolumeClaim>;

/** Keeps a claim, and its volume with it, while a snapshot is taken of it. */
export const claimSourceFinalizer = 'snapshot.storage.kubernetes.io/pvc-as-source-protection';
/** Keeps a snapshot that has a content, or is about to have one. */
export const snapshotFinalizer = 'snapshot.storage.kubernetes.io/volumesnapshot-bound-protection';
/** How often a claim that is to go is looked at, in milliseconds: what its snapshots' contents say wakes nobody. */
const lookPeriod = 1_000;

/**
 * Puts the claim under protection before a snapshot of it is begun. The snapshot has its own finalizer by then, which is what the
 * protection goes by. @returns false for a claim that is going already
 */
export async function holdClaim(
  key: ObjectKey,
  finalizer: string,
  ctx: Pick<ReconcileContext<KubeObject>, 'client' | 'signal' | 'addFinalizer'>,
): Promise<boolean> {
  // Live: a cache may show the protection of an earlier snapshot.
  const claim = await ctx.client.get(PersistentVolumeClaim, key, { signal: ctx.signal });
  if (hasFinalizer(claim, finalizer)) return true;
  if (isDeleting(claim)) return false;
  await ctx.addFinalizer(PersistentVolumeClaim, claim, finalizer);
  return true;
}

/** Lets a claim go when no snapshot is taken of it any more: all are ready, or the driver has refused. */
@Controller({
  for: PersistentVolumeClaim,
  reads: [VolumeSnapshotContent],
  name: 'csi-snapshot-source-protection',
  reconcileDeleting: true,
})
@WatchesKind(VolumeSnapshot, ({ metadata, spec }) => {
  const { persistentVolumeClaimName: name } = spec.source;
  return name === undefined ? [] : [{ name, namespace: metadata.namespace }];
})
export class ClaimSourceProtection extends Reconciler<PersistentVolumeClaim> {
  override async reconcile(claim: ReadonlyClaim, ctx: Context): Promise<Outcome> {
    if (!hasFinalizer(claim, claimSourceFinalizer)) return undefined;
    const isSource = (snapshot: ReadonlySnapshot): boolean => isTakenOf(snapshot, claim, ctx);
    if (await existsLive(ctx, VolumeSnapshot, isSource))
      return isDeleting(claim) ? requeueAfter(lookPeriod) : undefined;
    await ctx.removeFinalizer(PersistentVolumeClaim, claim, claimSourceFinalizer);
    return undefined;
  }
}

/** Whether a snapshot of a claim is being taken, or is about to be. */
function isTakenOf(snapshot: ReadonlySnapshot, claim: ReadonlyClaim, ctx: Context): boolean {
  if (snapshot.spec.source.persistentVolumeClaimName !== claim.metadata.name) return false;
  if (!hasFinalizer(snapshot, snapshotFinalizer) || snapshot.status?.readyToUse === true) return false;
  const content = ctx.get(VolumeSnapshotContent, { name: contentNameOf(snapshot) });
  if (content === undefined) return !isDeleting(snapshot) && !snapshot.status?.boundVolumeSnapshotContentName;
  if (isMarked(content, marksOfSnapshot.beingCreated) || content.status?.snapshotHandle !== undefined) return true;
  // A claim that stays is ready for the next attempt.
  return !isDeleting(content) && (content.status?.error === undefined || !isDeleting(claim));
}
