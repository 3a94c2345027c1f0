import { GroupControllerService } from '@kubewright/csi-sdk';
import type { Reply } from '@kubewright/csi-sdk';
import type * as csi from '@kubewright/csi-sdk/v1';
import type { HostPathPool } from '../volumes/host-path-pool.js';
import { createGroup, deleteGroup, getGroup } from '../volumes/groups.js';
import { checkParameters } from '../volumes/parameters.js';
import { groupMessage } from './messages.js';

/** Snapshots of several volumes in one call. */
export class HostPathGroups extends GroupControllerService {
  readonly #pool: () => HostPathPool;

  constructor(pool: () => HostPathPool) {
    super();
    this.#pool = pool;
  }

  override async createVolumeGroupSnapshot(
    request: csi.CreateVolumeGroupSnapshotRequest,
  ): Reply<typeof csi.CreateVolumeGroupSnapshotResponseSchema> {
    checkParameters(request.parameters);
    return { groupSnapshot: groupMessage(await createGroup(this.#pool(), request.name, request.sourceVolumeIds)) };
  }

  override async deleteVolumeGroupSnapshot(
    request: csi.DeleteVolumeGroupSnapshotRequest,
  ): Reply<typeof csi.DeleteVolumeGroupSnapshotResponseSchema> {
    await deleteGroup(this.#pool(), request.groupSnapshotId, request.snapshotIds);
    return {};
  }

  override async getVolumeGroupSnapshot(
    request: csi.GetVolumeGroupSnapshotRequest,
  ): Reply<typeof csi.GetVolumeGroupSnapshotResponseSchema> {
    return { groupSnapshot: groupMessage(getGroup(this.#pool(), request.groupSnapshotId, request.snapshotIds)) };
  }
}
