import type { NewObject } from '@kubewright/informer';
import { LabelSelector, hasFinalizer, isAlreadyExists, isDeleting, isOwnedBy } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { Controller, Reconciler, WatchesKind, requeueAfter, withFinalizers } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, inject } from '@kubewright/core';
import { DriverConnection } from '../driver/driver-connection.js';
import { VolumeGroupSnapshot, VolumeGroupSnapshotClass, VolumeGroupSnapshotContent } from './group-kinds.js';
import { restoringFinalizer } from '../driver/names.js';
import { holdClaim } from './claim-source-protection.js';
import { classFor } from './class-for.js';
import { mark, marksOfGroup } from './content-holder.js';
import {
  groupContentNameOf as contentNameOf,
  memberContent,
  memberFinalizer,
  memberSnapshot,
  memberStatus,
} from './group-members.js';
import type { Member } from './group-members.js';
import { VolumeSnapshot, VolumeSnapshotContent } from './kinds.js';
import { groupFinalizer as finalizer, groupSourceFinalizer } from './group-source-protection.js';
import { tellLost, tellMissing } from './lost-content.js';
import { restoredClaims } from './restored-claims.js';
import { classSecret, ofGroup, secretAnnotations } from './snapshot-secrets.js';

type ReadonlyGroup = DeepReadonly<VolumeGroupSnapshot>;
type ReadonlyContent = DeepReadonly<VolumeGroupSnapshotContent>;
type ReadonlyVolume = DeepReadonly<PersistentVolume>;
type Context = ReconcileContext<VolumeGroupSnapshot>;

const missing = { reason: 'GroupSnapshotContentMissing', message: 'VolumeGroupSnapshotContent is missing' };
const misbound = {
  reason: 'GroupSnapshotMisbound',
  message: 'VolumeGroupSnapshotContent is not bound to the VolumeGroupSnapshot correctly',
};
const defaultClass = 'groupsnapshot.storage.kubernetes.io/is-default-class';
/** How often claims that are not bound yet are looked at, in milliseconds. */
const claimPeriod = 1_000;

/**
 * Gives each VolumeGroupSnapshot its content, and once that is made, a VolumeSnapshot with its content for each member. For a group
 * that exists already the snapshots are made by hand, like the content.
 */
@Controller({
  for: VolumeGroupSnapshot,
  reads: [VolumeGroupSnapshotClass, VolumeSnapshotContent, PersistentVolumeClaim, PersistentVolume],
  name: 'csi-group-snapshot-controller',
  reconcileDeleting: true,
})
@WatchesKind(VolumeGroupSnapshotContent, ({ spec }) => {
  const { name, namespace } = spec.volumeGroupSnapshotRef;
  return name === undefined ? [] : [{ name, namespace }];
})
@WatchesKind(VolumeSnapshot, ({ metadata }) => {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === VolumeGroupSnapshot.kind);
  return owner === undefined ? [] : [{ name: owner.name, namespace: metadata.namespace }];
})
export class GroupSnapshotController extends Reconciler<VolumeGroupSnapshot> {
  constructor(
    @inject(DriverConnection) private readonly driver: DriverConnection,
    @inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  override async reconcile(group: ReadonlyGroup, ctx: Context): Promise<Outcome> {
    const content = contentOf(group, ctx);
    if (isDeleting(group)) return releaseGroup(group, content, ctx);
    if (content === undefined && group.status?.boundVolumeGroupSnapshotContentName) {
      const name = contentNameOf(group);
      return tellMissing(group, { kind: VolumeGroupSnapshotContent, name, ...missing }, this.clock.now(), ctx);
    }
    if (content === undefined) return this.#create(group, ctx);
    if ((await this.driver.info(ctx.signal)).name !== content.spec.driver) return undefined;
    if (!hasFinalizer(group, finalizer)) {
      // The change brings the group back.
      return void (await ctx.addFinalizer(VolumeGroupSnapshot, group, finalizer));
    }
    const { uid, name, namespace } = content.spec.volumeGroupSnapshotRef;
    const isNamed = name === group.metadata.name && namespace === ctx.key.namespace;
    if (!isNamed || (uid && uid !== group.metadata.uid)) return tellLost(group, misbound, this.clock.now(), ctx);
    // A content that was made by hand names the group without knowing its uid.
    if (!uid) {
      const metadata = { resourceVersion: content.metadata.resourceVersion };
      const volumeGroupSnapshotRef = { uid: group.metadata.uid };
      await ctx.patch(VolumeGroupSnapshotContent, content, { metadata, spec: { volumeGroupSnapshotRef } });
    }
    if (content.status?.volumeGroupSnapshotHandle !== undefined && content.spec.source.volumeHandles !== undefined) {
      const volumes = volumesByHandle(content, ctx);
      for (const info of content.status.volumeSnapshotInfoList ?? [])
        await makeMember({ group, content, info, volume: volumes.get(info.volumeHandle ?? '') }, ctx);
    }
    const { creationTime, readyToUse = false, error } = content.status ?? {};
    await ctx.status({
      boundVolumeGroupSnapshotContentName: content.metadata.name ?? '',
      readyToUse,
      ...(creationTime !== undefined && { creationTime }),
      error,
    });
    return undefined;
  }

  async #create(group: ReadonlyGroup, ctx: Context): Promise<Outcome> {
    const { selector } = group.spec.source;
    // One of content that exists waits for that to be made known.
    if (selector === undefined) return undefined;
    const wait = (note: string): Outcome => {
      ctx.event('Normal', 'GroupSnapshotWaits', note);
      return requeueAfter(claimPeriod);
    };
    const claims = ctx.list(PersistentVolumeClaim, { labelSelector: LabelSelector.from(selector) });
    if (claims.length === 0) return wait('Waiting for a PersistentVolumeClaim that the selector finds');
    const volumes: ReadonlyVolume[] = [];
    for (const { metadata, spec, status } of claims) {
      const volume = ctx.get(PersistentVolume, { name: spec?.volumeName ?? '' });
      if (status?.phase !== 'Bound' || volume === undefined)
        return wait(`Waiting until PersistentVolumeClaim "${metadata.name}" is bound`);
      volumes.push(volume);
    }
    const driver = (await this.driver.info(ctx.signal)).name;
    if (!volumes.some(({ spec }) => spec?.csi?.driver === driver)) return undefined;
    const foreign = volumes.find(({ spec }) => spec?.csi?.driver !== driver);
    const { volumeGroupSnapshotClassName } = group.spec;
    const groupClass = classFor(ctx.list(VolumeGroupSnapshotClass), driver, volumeGroupSnapshotClassName, defaultClass);
    if (foreign !== undefined || groupClass === undefined) {
      const reason = foreign
        ? `volume "${foreign.metadata.name}" is of another driver`
        : 'there is no class for it, or more than one default';
      ctx.event('Warning', 'CreateGroupSnapshotContentFailed', `${driver} cannot make the group: ${reason}`);
      return requeueAfter(claimPeriod);
    }
    // First, so that no content is left without its group.
    if (!hasFinalizer(group, finalizer)) {
      // The change brings the group back.
      return void (await ctx.addFinalizer(VolumeGroupSnapshot, group, finalizer));
    }
    for (const { metadata } of claims) {
      const claimKey = { name: metadata.name ?? '', namespace: ctx.key.namespace };
      if (!(await holdClaim(claimKey, groupSourceFinalizer, ctx)))
        return wait(`PersistentVolumeClaim "${metadata.name}" is being deleted`);
    }
    const name = contentNameOf(group);
    const volumeGroupSnapshotRef = {
      apiVersion: group.apiVersion,
      kind: VolumeGroupSnapshot.kind,
      name: group.metadata.name ?? '',
      namespace: ctx.key.namespace ?? '',
      uid: group.metadata.uid ?? '',
    };
    const secret = classSecret(ofGroup, groupClass.parameters, name, volumeGroupSnapshotRef);
    const content: NewObject<VolumeGroupSnapshotContent> = {
      metadata: { name, annotations: secretAnnotations(ofGroup, secret) },
      spec: {
        driver,
        deletionPolicy: groupClass.deletionPolicy,
        source: { volumeHandles: volumes.map(({ spec }) => spec?.csi?.volumeHandle ?? '') },
        volumeGroupSnapshotClassName: groupClass.metadata.name ?? '',
        volumeGroupSnapshotRef,
      },
    };
    try {
      await ctx.create(VolumeGroupSnapshotContent, withFinalizers(content, marksOfGroup.finalizer), { owned: false });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    return undefined;
  }
}

function contentOf(group: ReadonlyGroup, ctx: Context): ReadonlyContent | undefined {
  return ctx.get(VolumeGroupSnapshotContent, { name: contentNameOf(group) });
}

/** The volumes of the group's namespace, by what the driver calls them. */
function volumesByHandle({ spec }: ReadonlyContent, ctx: Context): ReadonlyMap<string, ReadonlyVolume> {
  const found = new Map<string, ReadonlyVolume>();
  for (const claim of ctx.list(PersistentVolumeClaim)) {
    const volume = ctx.get(PersistentVolume, { name: claim.spec?.volumeName ?? '' });
    const csi = volume?.spec?.csi;
    if (volume !== undefined && csi?.driver === spec.driver) found.set(csi.volumeHandle, volume);
  }
  return found;
}

/** The snapshot first, since the content names its uid; from there on the snapshot controller does what it does for any. */
async function makeMember(member: Member, ctx: Context): Promise<void> {
  const wanted = memberSnapshot(member);
  const key = { name: wanted.metadata.name ?? '', namespace: ctx.key.namespace };
  const snapshot = ctx.get(VolumeSnapshot, key) ?? (await ctx.create(VolumeSnapshot, wanted, { owned: false }));
  if (isDeleting(snapshot)) return;
  const made = memberContent(member, snapshot);
  const name = made.metadata.name ?? '';
  const content =
    ctx.get(VolumeSnapshotContent, { name }) ?? (await ctx.create(VolumeSnapshotContent, made, { owned: false }));
  const status = memberStatus(member);
  const isTold =
    content.status?.snapshotHandle === status.snapshotHandle && content.status?.readyToUse === status.readyToUse;
  if (isTold) return;
  const { client, signal } = ctx;
  const patch = { metadata: { uid: content.metadata.uid }, status };
  await client.status(VolumeSnapshotContent).patch({ name }, { type: 'merge', patch }, { signal });
}

/** A claim whose volume is being made from one of the snapshots. */
async function restoredFrom(
  snapshots: readonly DeepReadonly<VolumeSnapshot>[],
  { client, key, signal }: Context,
): Promise<string | undefined> {
  for (const { metadata } of snapshots.filter((each) => hasFinalizer(each, restoringFinalizer))) {
    const [claim] = await restoredClaims(client, { name: metadata.name ?? '', namespace: key.namespace }, signal);
    if (claim !== undefined) return claim.metadata.name;
  }
  return undefined;
}

/** What is on the storage goes first where the policy says so, then the members, then the group. */
async function releaseGroup(
  group: ReadonlyGroup,
  content: ReadonlyContent | undefined,
  ctx: Context,
): Promise<Outcome> {
  if (!hasFinalizer(group, finalizer)) return undefined;
  const members = ctx.list(VolumeSnapshot).filter((snapshot) => isOwnedBy(snapshot, group));
  const restored = await restoredFrom(members, ctx);
  if (restored !== undefined) {
    ctx.event('Warning', 'SnapshotDeletePending', `PersistentVolumeClaim "${restored}" is being made from a member`);
    return requeueAfter(claimPeriod);
  }
  const isOwn = content?.spec.volumeGroupSnapshotRef.uid === group.metadata.uid;
  if (content !== undefined && isOwn) {
    await mark(VolumeGroupSnapshotContent, content, marksOfGroup.beingDeleted, ctx);
    // Its going brings the group back here.
    if (content.spec.deletionPolicy === 'Delete') {
      if (!isDeleting(content)) await ctx.delete(VolumeGroupSnapshotContent, content);
      return undefined;
    }
  }
  for (const member of members) {
    if (!isDeleting(member)) await ctx.delete(VolumeSnapshot, member);
    else await ctx.removeFinalizer(VolumeSnapshot, member, memberFinalizer);
  }
  if (members.length > 0) return undefined;
  await ctx.removeFinalizer(VolumeGroupSnapshot, group, finalizer);
  return undefined;
}
