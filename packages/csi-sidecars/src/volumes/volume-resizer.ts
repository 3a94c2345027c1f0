import { Quantity, findCondition } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { StorageClass } from '@kubewright/api/storage/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { Controller, Reconciler, condition } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { inject, messageOf } from '@kubewright/core';
import { ControllerServiceCapability_RPC_Type as Rpc } from '@kubewright/csi-sdk/v1';
import { DriverConnection } from '../driver/driver-connection.js';
import { readSecret } from '../driver/parameters.js';
import { coveringCapability } from './volume-capabilities.js';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
type ReadonlyVolume = DeepReadonly<PersistentVolume>;
type Context = ReconcileContext<PersistentVolumeClaim>;

/**
 * Makes volumes larger when their claims ask for more. Where the node has a part in it, the claim is left with the condition
 * `FileSystemResizePending`, and the node agent tells the new capacity.
 */
@Controller({ for: PersistentVolumeClaim, reads: [PersistentVolume, StorageClass], name: 'csi-resizer' })
export class VolumeResizer extends Reconciler<PersistentVolumeClaim> {
  constructor(@inject(DriverConnection) private readonly driver: DriverConnection) {
    super();
  }

  override async reconcile(claim: ReadonlyClaim, ctx: Context): Promise<void> {
    if (claim.status?.phase !== 'Bound') return;
    const wanted = claim.spec?.resources?.requests?.['storage'];
    const reached = claim.status.capacity?.['storage'];
    if (wanted === undefined || reached === undefined || !isMore(wanted, reached)) return;
    const volume = ctx.get(PersistentVolume, { name: claim.spec?.volumeName ?? '' });
    const size = volume?.spec?.capacity?.['storage'];
    if (volume?.spec?.csi === undefined || size === undefined) return;
    const info = await this.driver.info(ctx.signal);
    if (volume.spec.csi.driver !== info.name || !info.controller.has(Rpc.EXPAND_VOLUME)) return;
    // What is left to do after that is the node's.
    if (!isMore(wanted, size) && isPendingOnNode(claim)) return;
    if (ctx.get(StorageClass, { name: claim.spec?.storageClassName ?? '' })?.allowVolumeExpansion !== true) {
      const note = `StorageClass "${claim.spec?.storageClassName}" does not allow volumes to grow`;
      ctx.event('Warning', 'VolumeResizeFailed', note);
      return;
    }
    await this.#resize(claim, volume, wanted, ctx);
  }

  async #resize(claim: ReadonlyClaim, volume: ReadonlyVolume, wanted: string, ctx: Context): Promise<void> {
    const allocatedResources = { ...claim.status?.allocatedResources, storage: wanted };
    await ctx.status({ allocatedResources }, condition('Resizing', true, 'Resizing'));
    const { capacityBytes, nodeExpansionRequired } = await this.#expand(volume, wanted, ctx).catch((error: unknown) => {
      ctx.event('Warning', 'VolumeResizeFailed', messageOf(error));
      throw error;
    });
    const storage = Quantity.of(capacityBytes, 'BinarySI').toString();
    const { resourceVersion } = volume.metadata;
    await ctx.patch(PersistentVolume, volume, { metadata: { resourceVersion }, spec: { capacity: { storage } } });
    const done = condition('Resizing', false, 'Resized');
    if (nodeExpansionRequired) {
      const fields = { allocatedResources, allocatedResourceStatuses: { storage: 'NodeResizePending' } };
      await ctx.status(fields, done, condition('FileSystemResizePending', true, 'NodeHasToResize'));
      return;
    }
    await ctx.status({ capacity: { storage }, allocatedResources }, done);
    ctx.event('Normal', 'VolumeResizeSuccessful', `The volume has ${storage} now`);
  }

  async #expand(
    { spec }: ReadonlyVolume,
    wanted: string,
    ctx: Context,
  ): Promise<{ readonly capacityBytes: bigint; readonly nodeExpansionRequired: boolean }> {
    const { signal } = ctx;
    const { accessModes, volumeMode, mountOptions, csi } = spec ?? {};
    const info = await this.driver.info(signal);
    const volumeCapability = coveringCapability({ accessModes, volumeMode, mountOptions, fsType: csi?.fsType }, info);
    const requiredBytes = Quantity.parse(wanted).value();
    const answer = await this.driver.client.controller.controllerExpandVolume(
      {
        volumeId: csi?.volumeHandle ?? '',
        capacityRange: { requiredBytes },
        secrets: await readSecret(ctx.client, csi?.controllerExpandSecretRef, signal),
        ...(volumeCapability && { volumeCapability }),
      },
      { signal },
    );
    // Taken for a success it would be asked for again at once, for ever.
    if (answer.capacityBytes < requiredBytes) {
      const text = `the driver answered with ${answer.capacityBytes} bytes where ${requiredBytes} were asked for`;
      throw new GrpcStatusError(Code.UNKNOWN, text);
    }
    return answer;
  }
}

function isMore(one: string, other: string): boolean {
  return Quantity.parse(one).compare(Quantity.parse(other)) > 0;
}

function isPendingOnNode({ status }: ReadonlyClaim): boolean {
  return findCondition(status?.conditions, 'FileSystemResizePending')?.status === 'True';
}
