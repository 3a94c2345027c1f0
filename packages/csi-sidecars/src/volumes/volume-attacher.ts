import { hasFinalizer, isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolume } from '@kubewright/api/core/v1';
import type { CSIPersistentVolumeSource, PersistentVolumeSpec } from '@kubewright/api/core/v1';
import { CSINode, VolumeAttachment } from '@kubewright/api/storage/v1';
import { Controller, Reconciler, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, inject, messageOf } from '@kubewright/core';
import { ControllerServiceCapability_RPC_Type as Rpc } from '@kubewright/csi-sdk/v1';
import { DriverConnection } from '../driver/driver-connection.js';
import type { DriverInfo } from '../driver/driver-connection.js';
import { attacherFinalizer } from '../driver/names.js';
import { readSecret } from '../driver/parameters.js';
import { coveringCapability } from './volume-capabilities.js';

type ReadonlyAttachment = DeepReadonly<VolumeAttachment>;
type Context = ReconcileContext<VolumeAttachment>;

/** How often a volume or a node that is not known yet is looked for, in milliseconds. */
const searchPeriod = 1_000;

/** Attaches volumes to nodes as VolumeAttachments say, and detaches them before those go. */
@Controller({
  for: VolumeAttachment,
  reads: [PersistentVolume, CSINode],
  name: 'csi-attacher',
  reconcileDeleting: true,
})
export class VolumeAttacher extends Reconciler<VolumeAttachment> {
  constructor(
    @inject(DriverConnection) private readonly driver: DriverConnection,
    @inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  override async reconcile(attachment: ReadonlyAttachment, ctx: Context): Promise<Outcome> {
    const info = await this.driver.info(ctx.signal);
    if (attachment.spec.attacher !== info.name) return undefined;
    if (isDeleting(attachment)) return this.#detach(attachment, info, ctx);
    if (attachment.status?.attached === true) return undefined;
    // A driver without the capability needs no attaching; pods wait for the word all the same.
    if (!info.controller.has(Rpc.PUBLISH_UNPUBLISH_VOLUME)) return ctx.status({ attached: true });
    const finalizer = attacherFinalizer(info.name);
    if (!hasFinalizer(attachment, finalizer))
      return void (await ctx.addFinalizer(VolumeAttachment, attachment, finalizer));
    return this.#attach(attachment, info, ctx);
  }

  async #attach(attachment: ReadonlyAttachment, info: DriverInfo, ctx: Context): Promise<Outcome> {
    const { signal } = ctx;
    const spec = volumeSpecOf(attachment, ctx);
    const nodeId = nodeIdOf(attachment, info, ctx);
    const volumeName = attachment.spec.source.persistentVolumeName ?? '';
    if (spec?.csi === undefined) return this.#wait(attachment, `PersistentVolume "${volumeName}" is not there`, ctx);
    if (nodeId === undefined) {
      const text = `${info.name} is not registered on node "${attachment.spec.nodeName}"`;
      return this.#wait(attachment, text, ctx);
    }
    if (!(await this.#holdVolume(attachment, info, ctx)))
      return this.#wait(attachment, `PersistentVolume "${volumeName}" is being deleted`, ctx);
    const { accessModes, volumeMode, mountOptions, csi } = spec;
    const volumeCapability = coveringCapability({ accessModes, volumeMode, mountOptions, fsType: csi.fsType }, info);
    try {
      const { publishContext } = await this.driver.client.controller.controllerPublishVolume(
        {
          volumeId: csi.volumeHandle,
          nodeId,
          readonly: csi.readOnly === true && info.controller.has(Rpc.PUBLISH_READONLY),
          volumeContext: { ...csi.volumeAttributes },
          secrets: await readSecret(ctx.client, csi.controllerPublishSecretRef, signal),
          ...(volumeCapability && { volumeCapability }),
        },
        { signal },
      );
      await ctx.status({ attached: true, attachmentMetadata: publishContext, attachError: undefined });
    } catch (error) {
      // The same again would only bring the attachment back here at once.
      if (attachment.status?.attachError?.message !== messageOf(error))
        await ctx.status({ attached: false, attachError: this.#error(error) });
      throw error;
    }
    return undefined;
  }

  /** What is waited for may never come, so it is told. */
  async #wait(attachment: ReadonlyAttachment, text: string, ctx: Context): Promise<Outcome> {
    const message = `waiting: ${text}`;
    if (attachment.status?.attachError?.message !== message)
      await ctx.status({ attached: false, attachError: this.#error(new Error(message)) });
    return requeueAfter(searchPeriod);
  }

  /** Resolves with false for a volume that is to go and was not attached before. */
  async #holdVolume({ spec }: ReadonlyAttachment, { name }: DriverInfo, ctx: Context): Promise<boolean> {
    const { persistentVolumeName } = spec.source;
    if (persistentVolumeName === undefined) return true;
    const volume = ctx.get(PersistentVolume, { name: persistentVolumeName });
    const finalizer = attacherFinalizer(name);
    if (volume === undefined || hasFinalizer(volume, finalizer)) return volume !== undefined;
    if (isDeleting(volume)) return false;
    await ctx.addFinalizer(PersistentVolume, volume, finalizer);
    return true;
  }

  async #detach(attachment: ReadonlyAttachment, info: DriverInfo, ctx: Context): Promise<void> {
    const finalizer = attacherFinalizer(info.name);
    if (!hasFinalizer(attachment, finalizer)) return;
    const csi = volumeSpecOf(attachment, ctx)?.csi;
    try {
      if (csi !== undefined) await this.#unpublish(attachment, csi, info, ctx);
    } catch (error) {
      if (attachment.status?.detachError?.message !== messageOf(error))
        await ctx.status({ detachError: this.#error(error) });
      throw error;
    }
    await ctx.removeFinalizer(VolumeAttachment, attachment, finalizer);
  }

  async #unpublish(
    attachment: ReadonlyAttachment,
    csi: DeepReadonly<CSIPersistentVolumeSource>,
    info: DriverInfo,
    ctx: Context,
  ): Promise<void> {
    const { signal } = ctx;
    // A node that no longer knows its id is gone, and an empty id detaches from all: the name is what most drivers use.
    const nodeId = nodeIdOf(attachment, info, ctx) ?? attachment.spec.nodeName;
    const secrets = await readSecret(ctx.client, csi.controllerPublishSecretRef, signal);
    const request = { volumeId: csi.volumeHandle, nodeId, secrets };
    await this.driver.client.controller.controllerUnpublishVolume(request, { signal });
  }

  #error(error: unknown): { message: string; time: string } {
    return { message: messageOf(error), time: new Date(this.clock.now()).toISOString() };
  }
}

function volumeSpecOf({ spec }: ReadonlyAttachment, ctx: Context): DeepReadonly<PersistentVolumeSpec> | undefined {
  const { inlineVolumeSpec, persistentVolumeName = '' } = spec.source;
  return inlineVolumeSpec ?? ctx.get(PersistentVolume, { name: persistentVolumeName })?.spec;
}

function nodeIdOf({ spec }: ReadonlyAttachment, info: DriverInfo, ctx: Context): string | undefined {
  const node = ctx.get(CSINode, { name: spec.nodeName });
  return node?.spec.drivers.find(({ name }) => name === info.name)?.nodeID;
}
