import { hasFinalizer, isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Controller, Reconciler, WatchesKind, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, inject, messageOf } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { VolumeGroupSnapshot as DriverGroup } from '@kubewright/csi-sdk/v1';
import { csiSidecarErrors } from '../errors.js';
import { DriverConnection } from '../driver/driver-connection.js';
import { isFinal } from '../driver/failures.js';
import { driverParameters, readSecret } from '../driver/parameters.js';
import { holderOf, isHeld, isMarked, mark, marksOfGroup, unmark } from './content-holder.js';
import { VolumeGroupSnapshot, VolumeGroupSnapshotClass, VolumeGroupSnapshotContent } from './group-kinds.js';
import type { VolumeSnapshotInfo } from './group-kinds.js';
import { groupContentNameOf } from './group-members.js';
import { takenStatus } from './taken-status.js';
import { classSecret, ofGroup, ofGroupToGet, writtenSecret } from './snapshot-secrets.js';

type ReadonlyContent = DeepReadonly<VolumeGroupSnapshotContent>;
type Context = ReconcileContext<VolumeGroupSnapshotContent>;

const { finalizer, beingCreated } = marksOfGroup;
/** How often a group that is not ready is asked about, in milliseconds. */
const readyPeriod = 5_000;

/**
 * Makes groups of snapshots on the storage, and deletes them when their content is deleted, its policy says so, and the
 * VolumeGroupSnapshot that it is bound to goes. What was made once is never made anew.
 */
@Controller({
  for: VolumeGroupSnapshotContent,
  reads: [VolumeGroupSnapshotClass],
  name: 'csi-group-snapshotter',
  reconcileDeleting: true,
})
@WatchesKind(VolumeGroupSnapshot, (group) => [{ name: groupContentNameOf(group) }])
export class GroupSnapshotContentController extends Reconciler<VolumeGroupSnapshotContent> {
  constructor(
    @inject(DriverConnection) private readonly driver: DriverConnection,
    @inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  override async reconcile(content: ReadonlyContent, ctx: Context): Promise<Outcome> {
    if (content.spec.driver !== (await this.driver.info(ctx.signal)).name) return undefined;
    if (isDeleting(content)) return this.#release(content, ctx);
    if (!hasFinalizer(content, finalizer))
      return void (await ctx.addFinalizer(VolumeGroupSnapshotContent, content, finalizer));
    if (content.status?.readyToUse === true) {
      if (isMarked(content, beingCreated)) await unmark(VolumeGroupSnapshotContent, content, beingCreated, ctx);
      return undefined;
    }
    try {
      const group = await this.#ensure(content, ctx);
      await ctx.status({ ...statusOf(group), error: undefined });
      return group.readyToUse ? undefined : requeueAfter(readyPeriod);
    } catch (error) {
      if (isFinal(error)) await unmark(VolumeGroupSnapshotContent, content, beingCreated, ctx);
      const message = messageOf(error);
      ctx.event('Warning', 'GroupSnapshotCreationFailed', message);
      // The same again would only bring the content back here at once.
      if (content.status?.error?.message !== message)
        await ctx.status({ readyToUse: false, error: { message, time: new Date(this.clock.now()).toISOString() } });
      throw error;
    }
  }

  /** The group, made if it is not there; the same one however often it is asked for. */
  async #ensure(content: ReadonlyContent, ctx: Context): Promise<DriverGroup> {
    const { signal } = ctx;
    const { source, volumeGroupSnapshotRef } = content.spec;
    const { groupController } = this.driver.client;
    const made = source.groupSnapshotHandles ?? madeGroup(content);
    if (made !== undefined) {
      const secrets = await this.#secrets(content, ctx, ofGroupToGet);
      const groupSnapshotId = made.volumeGroupSnapshotHandle;
      const request = { groupSnapshotId, snapshotIds: [...made.volumeSnapshotHandles], secrets };
      return checkGroup((await groupController.getVolumeGroupSnapshot(request, { signal })).groupSnapshot);
    }
    if (holderOf(VolumeGroupSnapshot, volumeGroupSnapshotRef, ctx)?.status?.creationTime !== undefined)
      throw csiSidecarErrors.SNAPSHOT_LOST({
        kind: VolumeGroupSnapshotContent.kind,
        content: content.metadata.name ?? '',
      });
    const request = {
      name: `groupsnapshot-${volumeGroupSnapshotRef.uid}`,
      sourceVolumeIds: [...(source.volumeHandles ?? [])],
      parameters: this.#parameters(content, ctx),
      secrets: await this.#secrets(content, ctx),
    };
    await mark(VolumeGroupSnapshotContent, content, beingCreated, ctx);
    return checkGroup((await groupController.createVolumeGroupSnapshot(request, { signal })).groupSnapshot);
  }

  async #release(content: ReadonlyContent, ctx: Context): Promise<void> {
    if (!hasFinalizer(content, finalizer)) return;
    const { volumeGroupSnapshotRef: reference } = content.spec;
    if (await isHeld(VolumeGroupSnapshot, content, marksOfGroup, reference, ctx)) {
      const holder = `VolumeGroupSnapshot "${reference.namespace}/${reference.name}"`;
      ctx.event('Warning', 'GroupSnapshotDeletePending', `The content is kept for ${holder}`);
      return;
    }
    if (content.spec.deletionPolicy === 'Delete') await this.#delete(content, ctx);
    await ctx.removeFinalizer(VolumeGroupSnapshotContent, content, finalizer);
  }

  async #delete(content: ReadonlyContent, ctx: Context): Promise<void> {
    const { signal } = ctx;
    try {
      const group = await this.#groupToDelete(content, ctx);
      if (group === undefined) return;
      const secrets = await this.#secrets(content, ctx);
      await this.driver.client.groupController.deleteVolumeGroupSnapshot({ ...group, secrets }, { signal });
    } catch (error) {
      ctx.event('Warning', 'GroupSnapshotDeleteError', messageOf(error));
      throw error;
    }
  }

  /** Where nobody wrote down what was made, making it again tells; what cannot be made was not made. */
  async #groupToDelete(
    content: ReadonlyContent,
    ctx: Context,
  ): Promise<{ groupSnapshotId: string; snapshotIds: string[] } | undefined> {
    const made = madeGroup(content) ?? content.spec.source.groupSnapshotHandles;
    if (made !== undefined)
      return { groupSnapshotId: made.volumeGroupSnapshotHandle, snapshotIds: [...made.volumeSnapshotHandles] };
    // Where the driver was never asked there is nothing.
    if (!isMarked(content, beingCreated)) return undefined;
    try {
      const { groupSnapshotId, snapshots } = await this.#ensure(content, ctx);
      return { groupSnapshotId, snapshotIds: snapshots.map(({ snapshotId }) => snapshotId) };
    } catch (error) {
      if (isFinal(error)) return undefined;
      throw error;
    }
  }

  /** With others the driver would make another group, so nothing is made without the class. */
  #parameters(content: ReadonlyContent, ctx: Context): Record<string, string> {
    const { volumeGroupSnapshotClassName: name } = content.spec;
    const found = this.#class(content, ctx);
    if (found === undefined && name !== undefined)
      throw csiSidecarErrors.SNAPSHOT_CLASS_MISSING({ kind: VolumeGroupSnapshotClass.kind, class: name });
    return driverParameters(found?.parameters);
  }

  #secrets(content: ReadonlyContent, ctx: Context, names = ofGroup): Promise<Record<string, string>> {
    const { metadata, spec } = content;
    const { parameters } = this.#class(content, ctx) ?? {};
    const reference =
      (names === ofGroup ? writtenSecret(ofGroup, content) : undefined) ??
      classSecret(names, parameters, metadata.name ?? '', spec.volumeGroupSnapshotRef);
    return readSecret(ctx.client, reference, ctx.signal);
  }

  #class({ spec }: ReadonlyContent, ctx: Context): DeepReadonly<VolumeGroupSnapshotClass> | undefined {
    return ctx.get(VolumeGroupSnapshotClass, { name: spec.volumeGroupSnapshotClassName ?? '' });
  }
}

/** What is known of a group that the driver has made. */
function madeGroup({ status }: ReadonlyContent): ReadonlyContent['spec']['source']['groupSnapshotHandles'] {
  const { volumeGroupSnapshotHandle, volumeSnapshotInfoList = [] } = status ?? {};
  if (volumeGroupSnapshotHandle === undefined) return undefined;
  const volumeSnapshotHandles = volumeSnapshotInfoList.map(({ snapshotHandle = '' }) => snapshotHandle);
  return { volumeGroupSnapshotHandle, volumeSnapshotHandles };
}

function checkGroup(group: DriverGroup | undefined): DriverGroup {
  if (group !== undefined && group.groupSnapshotId !== '') return group;
  throw new GrpcStatusError(Code.UNKNOWN, 'the driver answered without a group');
}

function statusOf(group: DriverGroup): NonNullable<VolumeGroupSnapshotContent['status']> {
  const { groupSnapshotId, creationTime: moment, readyToUse, snapshots } = group;
  const { creationTime: takenAt } = takenStatus(moment, 0n);
  return {
    volumeGroupSnapshotHandle: groupSnapshotId,
    readyToUse,
    // Seconds are what the API's times have.
    ...(takenAt !== undefined && { creationTime: new Date(takenAt / 1e6).toISOString().replace(/\.\d+Z$/, 'Z') }),
    volumeSnapshotInfoList: snapshots.map(
      ({ snapshotId, sourceVolumeId, sizeBytes, creationTime, readyToUse: isReady }): VolumeSnapshotInfo => ({
        volumeHandle: sourceVolumeId,
        snapshotHandle: snapshotId,
        readyToUse: isReady,
        ...takenStatus(creationTime, sizeBytes),
      }),
    ),
  };
}
