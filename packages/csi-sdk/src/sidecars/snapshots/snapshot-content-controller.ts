import { timestampMs } from '@bufbuild/protobuf/wkt';
import { hasFinalizer, isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Controller, Reconciler, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, inject } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { csiErrors } from '../../errors.js';
import { ControllerServiceCapability_RPC_Type as Rpc } from '../../generated/csi/v1/csi_pb.js';
import type { Snapshot } from '../../generated/csi/v1/csi_pb.js';
import { DriverConnection } from '../driver-connection.js';
import { dropStatusField } from '../drop-status-field.js';
import { isFinal, messageOf } from '../failures.js';
import { driverParameters, readSecret } from '../parameters.js';
import { isContentOfMember } from './group-members.js';
import { VolumeSnapshotClass, VolumeSnapshotContent } from './kinds.js';
import { classSecret, ofSnapshot, writtenSecret } from './snapshot-secrets.js';

type ReadonlyContent = DeepReadonly<VolumeSnapshotContent>;
type Context = ReconcileContext<VolumeSnapshotContent>;

const finalizer = 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection';
/** How often a snapshot that is not ready is asked about, in milliseconds. */
const readyPeriod = 5_000;

/** Makes snapshots on the storage, and deletes them when their content is deleted and its policy says so. */
@Controller({
  for: VolumeSnapshotContent,
  reads: [VolumeSnapshotClass],
  name: 'csi-snapshotter',
  reconcileDeleting: true,
})
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
    const { finalizers = [], resourceVersion } = content.metadata;
    if (!hasFinalizer(content, finalizer)) {
      const metadata = { finalizers: [...finalizers, finalizer], resourceVersion };
      await ctx.patch(VolumeSnapshotContent, content, { metadata });
      return undefined;
    }
    // A member is made, and its status written, with its group.
    if (content.status?.readyToUse === true || isContentOfMember(content)) return undefined;
    try {
      const snapshot = await this.#ensure(content, ctx);
      await ctx.status(statusOf(snapshot));
      if (content.status?.error !== undefined) await dropStatusField(VolumeSnapshotContent, 'error', ctx);
      return snapshot.readyToUse ? undefined : requeueAfter(readyPeriod);
    } catch (error) {
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
    const { spec } = content;
    const { snapshotHandle, volumeHandle } = spec.source;
    if (snapshotHandle !== undefined) return this.#find(snapshotHandle, signal);
    const { snapshot } = await this.driver.client.controller.createSnapshot(
      {
        name: `snapshot-${spec.volumeSnapshotRef.uid}`,
        sourceVolumeId: volumeHandle ?? '',
        parameters: this.#parameters(content, ctx),
        secrets: await this.#secrets(content, ctx),
      },
      { signal },
    );
    if (snapshot === undefined) throw new GrpcStatusError(Code.UNKNOWN, 'the driver answered without a snapshot');
    return snapshot;
  }

  async #find(snapshotId: string, signal: AbortSignal): Promise<Snapshot> {
    const { controller } = await this.driver.info(signal);
    if (!controller.has(Rpc.LIST_SNAPSHOTS)) {
      throw new GrpcStatusError(Code.UNIMPLEMENTED, `the driver cannot tell whether snapshot "${snapshotId}" exists`);
    }
    const { entries } = await this.driver.client.controller.listSnapshots({ snapshotId }, { signal });
    const found = entries[0]?.snapshot;
    if (found === undefined) throw new GrpcStatusError(Code.NOT_FOUND, `the driver has no snapshot "${snapshotId}"`);
    return found;
  }

  async #release(content: ReadonlyContent, ctx: Context): Promise<void> {
    if (!hasFinalizer(content, finalizer)) return;
    if (content.spec.deletionPolicy === 'Delete' && !isContentOfMember(content)) await this.#delete(content, ctx);
    const { finalizers = [], resourceVersion } = content.metadata;
    const rest = finalizers.filter((name) => name !== finalizer);
    await ctx.patch(VolumeSnapshotContent, content, { metadata: { finalizers: rest, resourceVersion } });
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
    if (known !== undefined) return known;
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
      throw csiErrors.SNAPSHOT_CLASS_MISSING({ kind: VolumeSnapshotClass.kind, class: name });
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

function statusOf(snapshot: Snapshot): NonNullable<VolumeSnapshotContent['status']> {
  const { snapshotId, creationTime, readyToUse, sizeBytes } = snapshot;
  return {
    snapshotHandle: snapshotId,
    readyToUse,
    ...(creationTime !== undefined && { creationTime: timestampMs(creationTime) * 1e6 }),
    ...(sizeBytes > 0n && { restoreSize: Number(sizeBytes) }),
  };
}
