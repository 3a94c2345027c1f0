import { LabelSelector, hasFinalizer, isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { Controller, Reconciler, existsLive, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { isMarked, marksOfGroup } from './content-holder.js';
import { VolumeGroupSnapshot, VolumeGroupSnapshotContent } from './group-kinds.js';
import { groupContentNameOf } from './group-members.js';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
type ReadonlyGroup = DeepReadonly<VolumeGroupSnapshot>;
type Context = ReconcileContext<PersistentVolumeClaim>;

/** Keeps a claim, and its volume with it, while a snapshot of a group is taken that it belongs to. */
export const groupSourceFinalizer = 'groupsnapshot.storage.kubernetes.io/pvc-as-source-protection';
/** Keeps a group that has a content, or is about to have one. */
export const groupFinalizer = 'groupsnapshot.storage.kubernetes.io/volumegroupsnapshot-bound-protection';
/** How often a held claim is looked at, in milliseconds: which group it belongs to cannot be read from the group. */
const lookPeriod = 1_000;

/** Lets a claim go when the snapshot of its group is taken, or the driver has refused. */
@Controller({
  for: PersistentVolumeClaim,
  reads: [PersistentVolume, VolumeGroupSnapshot, VolumeGroupSnapshotContent],
  name: 'csi-group-snapshot-source-protection',
  reconcileDeleting: true,
})
export class GroupSourceProtection extends Reconciler<PersistentVolumeClaim> {
  override async reconcile(claim: ReadonlyClaim, ctx: Context): Promise<Outcome> {
    if (!hasFinalizer(claim, groupSourceFinalizer)) return undefined;
    const isSource = (group: ReadonlyGroup): boolean => isTakenOf(group, claim, ctx);
    if (await existsLive(ctx, VolumeGroupSnapshot, isSource)) return requeueAfter(lookPeriod);
    await ctx.removeFinalizer(PersistentVolumeClaim, claim, groupSourceFinalizer);
    return undefined;
  }
}

function isTakenOf(group: ReadonlyGroup, claim: ReadonlyClaim, ctx: Context): boolean {
  const { selector } = group.spec.source;
  if (selector === undefined || !hasFinalizer(group, groupFinalizer) || group.status?.readyToUse === true) return false;
  const content = ctx.get(VolumeGroupSnapshotContent, { name: groupContentNameOf(group) });
  if (content === undefined) {
    const isLost = isDeleting(group) || group.status?.boundVolumeGroupSnapshotContentName;
    return !isLost && LabelSelector.from(selector).matches(claim.metadata.labels);
  }
  const handle = ctx.get(PersistentVolume, { name: claim.spec?.volumeName ?? '' })?.spec?.csi?.volumeHandle;
  if (handle === undefined || content.spec.source.volumeHandles?.includes(handle) !== true) return false;
  if (isMarked(content, marksOfGroup.beingCreated) || content.status?.volumeGroupSnapshotHandle !== undefined)
    return true;
  return !isDeleting(content) && (content.status?.error === undefined || !isDeleting(claim));
}
