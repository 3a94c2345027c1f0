import { hasFinalizer, isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Controller, Reconciler, WatchesKind, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, inject, messageOf } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { ControllerServiceCapability_RPC_Type as Rpc } from '@kubewright/csi-sdk/v1';
import type { Snapshot } from '@kubewright/csi-sdk/v1';
import { csiSidecarErrors } from '../errors.js';
import { DriverConnection } from '../driver/driver-connection.js';
import { isFinal } from '../driver/failures.js';
import { driverParameters, readSecret } from '../driver/parameters.js';
import { holderOf, isHeld, isMarked, mark, marksOfSnapshot, unmark } from './content-holder.js';
import { contentNameOf, isContentOfMember } from './group-members.js';
import { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from './kinds.js';
import { takenStatus } from './taken-status.js';
import { classSecret, ofSnapshot, writtenSecret } from './snapshot-secrets.js';

type ReadonlyContent = DeepReadonly<VolumeSnapshotContent>;
type Context = ReconcileContext<VolumeSnapshotContent>;

const { finalizer, beingCreated } = marksOfSnapshot;
/** How often a snapshot that is not ready is asked about, in milliseconds. */
const readyPeriod = 5_000;

/**
 * Makes snapshots on the storage, and deletes them when their content is deleted, its policy says so, and the VolumeSnapshot that
 * it is bound to goes. What was made once is never made anew: it would hold the data of another day.
 */
@Controller({
  for: VolumeSnapshotContent,
  reads: [VolumeSnapshotClass],
  name: 'csi-snapshotter',
  reconcileDeleting: true,
})
@WatchesKind(VolumeSnapshot, (snapshot) => [{ name: contentNameOf(snapshot) }])
export class SnapshotContentController extends Reconciler<VolumeSnapshotContent> {
  constructor(
    @inject(DriverConnection) private readonly driver: DriverConnection,
    @inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  override async reconcile(content: ReadonlyContent, ctx: Context): Promise<Outcome> {
    const { name } = await this.driver.info(ctx.signal);
    if (content.spec.driver !== name) return undefined;
    if (isDeleting(content)) return this.#release(content, ctx);
    if (!hasFinalizer(content, finalizer))
      return void (await ctx.addFinalizer(VolumeSnapshotContent, content, finalizer));
    // A member is made, and its status written, with its group.
    if (content.status?.readyToUse === true || isContentOfMember(content)) {
      if (isMarked(content, beingCreated)) await unmark(VolumeSnapshotContent, content, beingCreated, ctx);
      return undefined;
    }
    try {
      const snapshot = await this.#ensure(content, ctx);
      await ctx.status({ ...statusOf(snapshot), error: undefined });
      return snapshot.readyToUse ? undefined : requeueAfter(readyPeriod);
    } catch (error) {
      if (isFinal(error)) await unmark(VolumeSnapshotContent, content, beingCreated, ctx);
      ctx.event('Warning', 'SnapshotFailed', messageOf(error));
      const message = messageOf(error);
      // The same again would only bring the content back here at once.
      if (content.status?.error?.message !== message)
        await ctx.status({ readyToUse: false, error: { message, time: new Date(this.clock.now()).toISOString() } });
      throw error;
    }
  }

  /** The snapshot, made if it is not there; the same one however often it is asked for. */
  async #ensure(content: ReadonlyContent, ctx: Context): Promise<Snapshot> {
    const { signal } = ctx;
    const { spec, status } = content;
    const { snapshotHandle = status?.snapshotHandle, volumeHandle } = spec.source;
    // What was made already is looked for: a driver that has lost it would make another by the same call.
    const isToFind = spec.source.snapshotHandle !== undefined || (await this.#canList(signal));
    if (snapshotHandle !== undefined && isToFind) return this.#find(snapshotHandle, signal);
    if (wasMadeBefore(content, ctx)) throw lost(content);
    const request = {
      name: `snapshot-${spec.volumeSnapshotRef.uid}`,
      sourceVolumeId: volumeHandle ?? '',
      parameters: this.#parameters(content, ctx),
      secrets: await this.#secrets(content, ctx),
    };
    await mark(VolumeSnapshotContent, content, beingCreated, ctx);
    const { snapshot } = await this.driver.client.controller.createSnapshot(request, { signal });
    if (!snapshot?.snapshotId) throw new GrpcStatusError(Code.UNKNOWN, 'the driver answered without a snapshot');
    if (snapshotHandle !== undefined && snapshot.snapshotId !== snapshotHandle) throw lost(content);
    return snapshot;
  }

  async #canList(signal: AbortSignal): Promise<boolean> {
    return (await this.driver.info(signal)).controller.has(Rpc.LIST_SNAPSHOTS);
  }

  async #find(snapshotId: string, signal: AbortSignal): Promise<Snapshot> {
    if (!(await this.#canList(signal))) {
      throw new GrpcStatusError(Code.UNIMPLEMENTED, `the driver cannot tell whether snapshot "${snapshotId}" exists`);
    }
    const { entries } = await this.driver.client.controller.listSnapshots({ snapshotId }, { signal });
    const found = entries.find(({ snapshot }) => snapshot?.snapshotId === snapshotId)?.snapshot;
    if (found === undefined) throw new GrpcStatusError(Code.NOT_FOUND, `the driver has no snapshot "${snapshotId}"`);
    return found;
  }

  async #release(content: ReadonlyContent, ctx: Context): Promise<void> {
    if (!hasFinalizer(content, finalizer)) return;
    const { volumeSnapshotRef, deletionPolicy } = content.spec;
    if (await isHeld(VolumeSnapshot, content, marksOfSnapshot, volumeSnapshotRef, ctx)) {
      const { name, namespace } = volumeSnapshotRef;
      ctx.event('Warning', 'SnapshotDeletePending', `The content is kept for VolumeSnapshot "${namespace}/${name}"`);
      return;
    }
    if (deletionPolicy === 'Delete' && !isContentOfMember(content)) await this.#delete(content, ctx);
    await ctx.removeFinalizer(VolumeSnapshotContent, content, finalizer);
  }

  async #delete(content: ReadonlyContent, ctx: Context): Promise<void> {
    const { signal } = ctx;
    try {
      const snapshotId = await this.#idToDelete(content, ctx);
      if (snapshotId === undefined) return;
      const secrets = await this.#secrets(content, ctx);
      await this.driver.client.controller.deleteSnapshot({ snapshotId, secrets }, { signal });
    } catch (error) {
      ctx.event('Warning', 'SnapshotDeleteFailed', messageOf(error));
      throw error;
    }
  }

  /** Where nobody wrote down what was made, making it again tells; what cannot be made was not made. */
  async #idToDelete(content: ReadonlyContent, ctx: Context): Promise<string | undefined> {
    const known = content.status?.snapshotHandle ?? content.spec.source.snapshotHandle;
    // Where the driver was never asked there is nothing.
    if (known !== undefined || !isMarked(content, beingCreated)) return known;
    try {
      return (await this.#ensure(content, ctx)).snapshotId;
    } catch (error) {
      if (isFinal(error)) return undefined;
      throw error;
    }
  }

  /** With others the driver would make another snapshot, so nothing is made without the class. */
  #parameters(content: ReadonlyContent, ctx: Context): Record<string, string> {
    const { volumeSnapshotClassName: name } = content.spec;
    const found = this.#class(content, ctx);
    if (found === undefined && name !== undefined)
      throw csiSidecarErrors.SNAPSHOT_CLASS_MISSING({ kind: VolumeSnapshotClass.kind, class: name });
    return driverParameters(found?.parameters);
  }

  #secrets(content: ReadonlyContent, ctx: Context): Promise<Record<string, string>> {
    const { metadata, spec } = content;
    const { parameters } = this.#class(content, ctx) ?? {};
    const reference =
      writtenSecret(ofSnapshot, content) ??
      classSecret(ofSnapshot, parameters, metadata.name ?? '', spec.volumeSnapshotRef);
    return readSecret(ctx.client, reference, ctx.signal);
  }

  #class({ spec }: ReadonlyContent, ctx: Context): DeepReadonly<VolumeSnapshotClass> | undefined {
    return ctx.get(VolumeSnapshotClass, { name: spec.volumeSnapshotClassName ?? '' });
  }
}

/** Whether the VolumeSnapshot knows of a snapshot that the content, which somebody wrote anew, does not. */
function wasMadeBefore({ spec, status }: ReadonlyContent, ctx: Context): boolean {
  const holder = holderOf(VolumeSnapshot, spec.volumeSnapshotRef, ctx);
  return holder?.status?.creationTime !== undefined && status?.snapshotHandle === undefined;
}

function lost({ metadata }: ReadonlyContent): Error {
  return csiSidecarErrors.SNAPSHOT_LOST({ kind: VolumeSnapshotContent.kind, content: metadata.name ?? '' });
}

function statusOf(snapshot: Snapshot): NonNullable<VolumeSnapshotContent['status']> {
  const { snapshotId, creationTime, readyToUse, sizeBytes } = snapshot;
  return {
    snapshotHandle: snapshotId,
    readyToUse,
    ...takenStatus(creationTime, sizeBytes),
  };
}
