/**
 * The sidecars of a CSI driver as controllers, and the connection to the driver that they share. Neighbours:
 * `snapshots` has those of snapshots; `csi-sdk` the messages.
 */
import { hasFinalizer, isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolume } from '@kubewright/api/core/v1';
import { VolumeAttachment } from '@kubewright/api/storage/v1';
import { Controller, Reconciler, WatchesKind, existsLive } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { inject } from '@kubewright/core';
import { DriverConnection } from '../driver/driver-connection.js';
import { attacherFinalizer } from '../driver/names.js';

/**
 * Lets a volume go that the attacher held when it is detached from everywhere: without the object nobody would know what to
 * detach.
 */
@Controller({ for: PersistentVolume, name: 'csi-attached-volume-protection', reconcileDeleting: true })
@WatchesKind(VolumeAttachment, ({ spec }) =>
  spec.source.persistentVolumeName === undefined ? [] : [{ name: spec.source.persistentVolumeName }],
)
export class AttachedVolumeProtection extends Reconciler<PersistentVolume> {
  constructor(@inject(DriverConnection) private readonly driver: DriverConnection) {
    super();
  }

  override async reconcile(
    volume: DeepReadonly<PersistentVolume>,
    ctx: ReconcileContext<PersistentVolume>,
  ): Promise<void> {
    if (!isDeleting(volume) || volume.spec?.csi === undefined) return;
    const finalizer = attacherFinalizer((await this.driver.info(ctx.signal)).name);
    if (!hasFinalizer(volume, finalizer) || (await isAttachedAnywhere(volume, ctx))) return;
    await ctx.removeFinalizer(PersistentVolume, volume, finalizer);
  }
}

/** Whether a volume is attached to a node, or about to be. */
export function isAttachedAnywhere(
  { metadata: { name } }: DeepReadonly<PersistentVolume>,
  ctx: ReconcileContext<PersistentVolume>,
): Promise<boolean> {
  return existsLive(ctx, VolumeAttachment, ({ spec }) => spec.source.persistentVolumeName === name);
}
