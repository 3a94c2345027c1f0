import { hasFinalizer, isDeleting, isNotFound } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { VolumeAttachment } from '@kubewright/api/storage/v1';
import { Controller, Reconciler, WatchesKind } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { inject, messageOf } from '@kubewright/core';
import { isAttachedAnywhere } from './attached-volume-protection.js';
import { DriverConnection } from '../driver/driver-connection.js';
import { deletionSecretName, deletionSecretNamespace, provisionedBy, volumeFinalizer } from '../driver/names.js';
import { readSecret } from '../driver/parameters.js';

type ReadonlyVolume = DeepReadonly<PersistentVolume>;
type Context = ReconcileContext<PersistentVolume>;

/**
 * Deletes volumes that the driver made when they are released, or when somebody deletes the object; with the reclaim policy
 * `Retain` only the object goes. A volume that is attached somewhere waits.
 */
@Controller({ for: PersistentVolume, name: 'csi-volume-deleter', reconcileDeleting: true })
@WatchesKind(VolumeAttachment, ({ spec }) =>
  spec.source.persistentVolumeName === undefined ? [] : [{ name: spec.source.persistentVolumeName }],
)
export class VolumeDeleter extends Reconciler<PersistentVolume> {
  constructor(@inject(DriverConnection) private readonly driver: DriverConnection) {
    super();
  }

  override async reconcile(volume: ReadonlyVolume, ctx: Context): Promise<void> {
    const maker = volume.metadata.annotations?.[provisionedBy];
    if (maker === undefined || maker !== (await this.driver.info(ctx.signal)).name) return;
    // What the annotation says of a volume of another driver is not for this one.
    if (volume.spec?.csi?.driver !== maker) return;
    const isToDelete = volume.spec?.persistentVolumeReclaimPolicy === 'Delete';
    const phase = volume.status?.phase;
    if (!isDeleting(volume)) {
      // The finalizer keeps the object until the storage is gone.
      if (isToDelete && phase === 'Released') await ctx.delete(PersistentVolume, volume);
      return;
    }
    if (!hasFinalizer(volume, volumeFinalizer) || phase === 'Bound') return;
    // Its claim may have taken it, and its phase not say so yet.
    if (phase !== 'Released' && (await isTaken(volume, ctx))) return;
    if (await isAttachedAnywhere(volume, ctx)) return;
    if (isToDelete) await this.#delete(volume, ctx);
    await ctx.removeFinalizer(PersistentVolume, volume, volumeFinalizer);
  }

  async #delete({ metadata, spec }: ReadonlyVolume, ctx: Context): Promise<void> {
    const { signal } = ctx;
    const name = metadata.annotations?.[deletionSecretName];
    const namespace = metadata.annotations?.[deletionSecretNamespace];
    const reference = name === undefined || namespace === undefined ? undefined : { name, namespace };
    try {
      const secrets = await readSecret(ctx.client, reference, signal);
      const volumeId = spec?.csi?.volumeHandle ?? '';
      await this.driver.client.controller.deleteVolume({ volumeId, secrets }, { signal });
    } catch (error) {
      ctx.event('Warning', 'VolumeFailedDelete', messageOf(error));
      throw error;
    }
  }
}

async function isTaken({ metadata, spec }: ReadonlyVolume, { client, signal }: Context): Promise<boolean> {
  const { name = '', namespace, uid } = spec?.claimRef ?? {};
  if (!uid) return false;
  try {
    const claim = await client.get(PersistentVolumeClaim, { name, namespace }, { signal });
    return claim.metadata.uid === uid && claim.spec?.volumeName === metadata.name;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
