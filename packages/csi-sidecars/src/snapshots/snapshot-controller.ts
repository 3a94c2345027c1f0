import type { NewObject } from '@kubewright/informer';
import { Quantity, hasFinalizer, isAlreadyExists, isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { Controller, Reconciler, WatchesKind, requeueAfter, withFinalizers } from '@kubewright/controller';
import type { Outcome, ReconcileContext, StatusPatch } from '@kubewright/controller';
import { Clock, inject } from '@kubewright/core';
import { DriverConnection } from '../driver/driver-connection.js';
import { restoringFinalizer } from '../driver/names.js';
import { claimSourceFinalizer, holdClaim, snapshotFinalizer as finalizer } from './claim-source-protection.js';
import { classFor } from './class-for.js';
import { mark, marksOfSnapshot } from './content-holder.js';
import { contentNameOf, groupNameOf, memberFinalizer } from './group-members.js';
import { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from './kinds.js';
import { tellLost, tellMissing } from './lost-content.js';
import { restoredClaims } from './restored-claims.js';
import { classSecret, ofSnapshot, secretAnnotations } from './snapshot-secrets.js';

type ReadonlySnapshot = DeepReadonly<VolumeSnapshot>;
type ReadonlyContent = DeepReadonly<VolumeSnapshotContent>;
type Context = ReconcileContext<VolumeSnapshot>;

const missing = { reason: 'SnapshotContentMissing', message: 'VolumeSnapshotContent is missing' };
const misbound = {
  reason: 'SnapshotMisbound',
  message: 'VolumeSnapshotContent is not bound to the VolumeSnapshot correctly',
};
const defaultClass = 'snapshot.storage.kubernetes.io/is-default-class';
/** How often a claim that is not bound yet, or being restored, is looked at, in milliseconds. */
const claimPeriod = 1_000;

/** Gives each VolumeSnapshot its content, and shows in its status what became of that. */
@Controller({
  for: VolumeSnapshot,
  reads: [VolumeSnapshotClass, PersistentVolumeClaim, PersistentVolume],
  name: 'csi-snapshot-controller',
  reconcileDeleting: true,
})
@WatchesKind(VolumeSnapshotContent, ({ spec }) => {
  const { name, namespace } = spec.volumeSnapshotRef;
  return name === undefined ? [] : [{ name, namespace }];
})
export class SnapshotController extends Reconciler<VolumeSnapshot> {
  constructor(
    @inject(DriverConnection) private readonly driver: DriverConnection,
    @inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  override async reconcile(snapshot: ReadonlySnapshot, ctx: Context): Promise<Outcome> {
    const content = contentOf(snapshot, ctx);
    if (isDeleting(snapshot)) return releaseSnapshot(snapshot, content, ctx);
    if (content === undefined && snapshot.status?.boundVolumeSnapshotContentName) {
      const name = contentNameOf(snapshot);
      return tellMissing(snapshot, { kind: VolumeSnapshotContent, name, ...missing }, this.clock.now(), ctx);
    }
    if (content === undefined) return this.#create(snapshot, ctx);
    if ((await this.driver.info(ctx.signal)).name !== content.spec.driver) return undefined;
    if (!hasFinalizer(snapshot, finalizer)) {
      // The change brings the snapshot back.
      return void (await ctx.addFinalizer(VolumeSnapshot, snapshot, finalizer));
    }
    const { uid, name, namespace } = content.spec.volumeSnapshotRef;
    const isNamed = name === snapshot.metadata.name && namespace === ctx.key.namespace;
    if (!isNamed || (uid && uid !== snapshot.metadata.uid)) return tellLost(snapshot, misbound, this.clock.now(), ctx);
    // A content that was made by hand names the snapshot without knowing its uid.
    if (!uid) {
      const metadata = { resourceVersion: content.metadata.resourceVersion };
      const volumeSnapshotRef = { uid: snapshot.metadata.uid };
      await ctx.patch(VolumeSnapshotContent, content, { metadata, spec: { volumeSnapshotRef } });
    }
    const volumeGroupSnapshotName = groupNameOf(snapshot);
    await ctx.status({ ...statusFrom(content), ...(volumeGroupSnapshotName && { volumeGroupSnapshotName }) });
    return undefined;
  }

  async #create(snapshot: ReadonlySnapshot, ctx: Context): Promise<Outcome> {
    const { persistentVolumeClaimName: claimName } = snapshot.spec.source;
    // One of content that exists waits for that to be made known, and a member for its group.
    if (claimName === undefined || groupNameOf(snapshot) !== undefined) return undefined;
    const claim = ctx.get(PersistentVolumeClaim, { name: claimName });
    const volume = ctx.get(PersistentVolume, { name: claim?.spec?.volumeName ?? '' });
    if (claim?.status?.phase !== 'Bound' || volume === undefined) {
      ctx.event('Normal', 'SnapshotWaits', `Waiting until PersistentVolumeClaim "${claimName}" is bound`);
      return requeueAfter(claimPeriod);
    }
    const driver = (await this.driver.info(ctx.signal)).name;
    if (volume.spec?.csi?.driver !== driver) return undefined;
    const { volumeSnapshotClassName } = snapshot.spec;
    const snapshotClass = classFor(ctx.list(VolumeSnapshotClass), driver, volumeSnapshotClassName, defaultClass);
    if (snapshotClass === undefined) {
      const what = volumeSnapshotClassName ?? 'or more than one that is its default';
      ctx.event(
        'Warning',
        'SnapshotFailed',
        `There is no VolumeSnapshotClass of ${driver} to make the snapshot with: ${what}`,
      );
      return requeueAfter(claimPeriod);
    }
    // First, so that no content is left without its snapshot.
    if (!hasFinalizer(snapshot, finalizer)) {
      // The change brings the snapshot back.
      return void (await ctx.addFinalizer(VolumeSnapshot, snapshot, finalizer));
    }
    const claimKey = { name: claimName, namespace: ctx.key.namespace };
    if (!(await holdClaim(claimKey, claimSourceFinalizer, ctx))) {
      ctx.event('Warning', 'SnapshotFailed', `PersistentVolumeClaim "${claimName}" is being deleted`);
      return requeueAfter(claimPeriod);
    }
    const name = contentNameOf(snapshot);
    const volumeSnapshotRef = {
      apiVersion: 'snapshot.storage.k8s.io/v1',
      kind: 'VolumeSnapshot',
      name: snapshot.metadata.name ?? '',
      namespace: ctx.key.namespace ?? '',
      uid: snapshot.metadata.uid ?? '',
    };
    const secret = classSecret(ofSnapshot, snapshotClass.parameters, name, volumeSnapshotRef);
    const content: NewObject<VolumeSnapshotContent> = {
      metadata: { name, annotations: secretAnnotations(ofSnapshot, secret) },
      spec: {
        driver,
        deletionPolicy: snapshotClass.deletionPolicy,
        source: { volumeHandle: volume.spec.csi.volumeHandle },
        sourceVolumeMode: volume.spec.volumeMode ?? 'Filesystem',
        volumeSnapshotClassName: snapshotClass.metadata.name ?? '',
        volumeSnapshotRef,
      },
    };
    try {
      await ctx.create(VolumeSnapshotContent, withFinalizers(content, marksOfSnapshot.finalizer), { owned: false });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    return undefined;
  }
}

function contentOf(snapshot: ReadonlySnapshot, ctx: Context): ReadonlyContent | undefined {
  return ctx.get(VolumeSnapshotContent, { name: contentNameOf(snapshot) });
}

function statusFrom({ metadata, status }: ReadonlyContent): StatusPatch<VolumeSnapshot> {
  const { creationTime, restoreSize, readyToUse = false, error } = status ?? {};
  return {
    boundVolumeSnapshotContentName: metadata.name ?? '',
    readyToUse,
    // Seconds are what the API's times have.
    ...(creationTime !== undefined && { creationTime: timeOf(creationTime) }),
    ...(restoreSize !== undefined && { restoreSize: Quantity.of(BigInt(restoreSize), 'BinarySI').toString() }),
    error,
  };
}

function timeOf(nanoseconds: number): string {
  return new Date(nanoseconds / 1e6).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The content goes first where its policy says so; a content of another snapshot is left alone. */
async function releaseSnapshot(
  snapshot: ReadonlySnapshot,
  content: ReadonlyContent | undefined,
  ctx: Context,
): Promise<Outcome> {
  // A member goes when its group does, which takes the other finalizer off then.
  if (!hasFinalizer(snapshot, finalizer) || hasFinalizer(snapshot, memberFinalizer)) return undefined;
  if (hasFinalizer(snapshot, restoringFinalizer)) {
    const [claim] = await restoredClaims(ctx.client, ctx.key, ctx.signal);
    if (claim === undefined) return letGo(snapshot, restoringFinalizer, ctx);
    const note = `PersistentVolumeClaim "${claim.metadata.name}" is being made from the snapshot`;
    ctx.event('Warning', 'SnapshotDeletePending', note);
    return requeueAfter(claimPeriod);
  }
  if (content !== undefined && content.spec.volumeSnapshotRef.uid === snapshot.metadata.uid) {
    await mark(VolumeSnapshotContent, content, marksOfSnapshot.beingDeleted, ctx);
    // Its going brings the snapshot back here.
    if (content.spec.deletionPolicy === 'Delete') {
      if (!isDeleting(content)) await ctx.delete(VolumeSnapshotContent, content);
      return undefined;
    }
  }
  return letGo(snapshot, finalizer, ctx);
}

async function letGo(snapshot: ReadonlySnapshot, finalizer: string, ctx: Context): Promise<undefined> {
  await ctx.removeFinalizer(VolumeSnapshot, snapshot, finalizer);
}
