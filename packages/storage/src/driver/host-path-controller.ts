import { ControllerService, acceptedPlaces, accessTypeOf, liesIn, pageOf } from '@kubewright/csi-sdk';
import type { AccessType, ControllerFeatures, Reply } from '@kubewright/csi-sdk';
import type * as csi from '@kubewright/csi-sdk/v1';
import { Code, GrpcStatusError, invalidArgument } from '@kubewright/grpc';
import type { VolumeRecord } from '../state/records.js';
import { attachVolume, detachVolume } from '../volumes/attachments.js';
import type { HostPathPool } from '../volumes/host-path-pool.js';
import { checkMutable, checkParameters } from '../volumes/parameters.js';
import { readySnapshot, readyVolume } from '../volumes/ready.js';
import { createSnapshot, deleteSnapshot } from '../volumes/snapshots.js';
import { createVolume, deleteVolume, expandVolume, freeBytes, modifyVolume } from '../volumes/volumes.js';
import { placeOf, snapshotMessage, sourceOf, volumeMessage } from './messages.js';

/** The controller: every method of CSI 1.12, on the pool of this node. */
export class HostPathController extends ControllerService {
  override readonly features: ControllerFeatures = {
    cloneVolume: true,
    publishReadOnly: true,
    listPublishedNodes: true,
    singleNodeMultiWriter: true,
  };
  readonly #pool: () => HostPathPool;

  /** @param pool - asked for at each call, since it is opened when the driver starts. */
  constructor(pool: () => HostPathPool) {
    super();
    this.#pool = pool;
  }

  override async createVolume(request: csi.CreateVolumeRequest): Reply<typeof csi.CreateVolumeResponseSchema> {
    const pool = this.#pool();
    checkParameters(request.parameters);
    const access = accessOfAll(request.volumeCapabilities);
    if (acceptedPlaces(request.accessibilityRequirements, [placeOf(pool)]).length === 0) {
      throw new GrpcStatusError(Code.RESOURCE_EXHAUSTED, `volumes can only be on node '${pool.options.nodeId}'`);
    }
    const volume = await createVolume(pool, {
      name: request.name,
      access,
      capacity: request.capacityRange,
      mutable: request.mutableParameters,
      source: sourceOf(request.volumeContentSource),
    });
    return { volume: volumeMessage(pool, volume) };
  }

  override async deleteVolume({ volumeId }: csi.DeleteVolumeRequest): Reply<typeof csi.DeleteVolumeResponseSchema> {
    await deleteVolume(this.#pool(), volumeId);
    return {};
  }

  override async controllerPublishVolume(
    request: csi.ControllerPublishVolumeRequest,
  ): Reply<typeof csi.ControllerPublishVolumeResponseSchema> {
    await attachVolume(this.#pool(), request.volumeId, request.nodeId, request.readonly);
    return {};
  }

  override async controllerUnpublishVolume(
    request: csi.ControllerUnpublishVolumeRequest,
  ): Reply<typeof csi.ControllerUnpublishVolumeResponseSchema> {
    await detachVolume(this.#pool(), request.volumeId, request.nodeId);
    return {};
  }

  override async validateVolumeCapabilities(
    request: csi.ValidateVolumeCapabilitiesRequest,
  ): Reply<typeof csi.ValidateVolumeCapabilitiesResponseSchema> {
    const { volumeContext, volumeCapabilities, parameters, mutableParameters } = request;
    const { access } = readyVolume(this.#pool(), request.volumeId);
    if (volumeCapabilities.some((capability) => accessTypeOf(capability) !== access)) {
      return { message: `the volume is for ${access} access` };
    }
    checkParameters(parameters);
    checkMutable(mutableParameters, access);
    return { confirmed: { volumeContext, volumeCapabilities, parameters, mutableParameters } };
  }

  override async listVolumes(request: csi.ListVolumesRequest): Reply<typeof csi.ListVolumesResponseSchema> {
    const pool = this.#pool();
    const listed = pool.volumes.all().filter(({ phase, ephemeral }) => phase === 'ready' && !ephemeral);
    const { entries, nextToken } = pageOf(listed, ({ number }) => number, request);
    return {
      entries: entries.map((volume) => ({ volume: volumeMessage(pool, volume), status: statusOf(volume) })),
      nextToken,
    };
  }

  override async controllerGetVolume(
    request: csi.ControllerGetVolumeRequest,
  ): Reply<typeof csi.ControllerGetVolumeResponseSchema> {
    const volume = readyVolume(this.#pool(), request.volumeId);
    return { volume: volumeMessage(this.#pool(), volume), status: statusOf(volume) };
  }

  override async controllerModifyVolume(
    request: csi.ControllerModifyVolumeRequest,
  ): Reply<typeof csi.ControllerModifyVolumeResponseSchema> {
    await modifyVolume(this.#pool(), request.volumeId, request.mutableParameters);
    return {};
  }

  override async getCapacity(request: csi.GetCapacityRequest): Reply<typeof csi.GetCapacityResponseSchema> {
    const pool = this.#pool();
    const here = liesIn(placeOf(pool), request.accessibleTopology?.segments ?? {});
    const free = here ? freeBytes(pool) : 0n;
    const largest = free < pool.maxVolumeBytes ? free : pool.maxVolumeBytes;
    return { availableCapacity: free, maximumVolumeSize: largest };
  }

  override async controllerExpandVolume(
    request: csi.ControllerExpandVolumeRequest,
  ): Reply<typeof csi.ControllerExpandVolumeResponseSchema> {
    const { bytes, access } = await expandVolume(this.#pool(), request.volumeId, request.capacityRange);
    return { capacityBytes: bytes, nodeExpansionRequired: access === 'block' };
  }

  override async createSnapshot(request: csi.CreateSnapshotRequest): Reply<typeof csi.CreateSnapshotResponseSchema> {
    const { name, sourceVolumeId, parameters } = request;
    checkParameters(parameters);
    const snapshot = await createSnapshot(this.#pool(), { name, volumeId: sourceVolumeId });
    return { snapshot: snapshotMessage(snapshot) };
  }

  override async deleteSnapshot(request: csi.DeleteSnapshotRequest): Reply<typeof csi.DeleteSnapshotResponseSchema> {
    await deleteSnapshot(this.#pool(), request.snapshotId);
    return {};
  }

  override async getSnapshot(request: csi.GetSnapshotRequest): Reply<typeof csi.GetSnapshotResponseSchema> {
    return { snapshot: snapshotMessage(readySnapshot(this.#pool(), request.snapshotId)) };
  }

  override async listSnapshots(request: csi.ListSnapshotsRequest): Reply<typeof csi.ListSnapshotsResponseSchema> {
    const { sourceVolumeId, snapshotId } = request;
    const listed = this.#pool()
      .snapshots.all()
      .filter(
        ({ phase, id, volumeId }) =>
          phase === 'ready' &&
          (snapshotId === '' || id === snapshotId) &&
          (sourceVolumeId === '' || volumeId === sourceVolumeId),
      );
    const { entries, nextToken } = pageOf(listed, ({ number }) => number, request);
    return { entries: entries.map((snapshot) => ({ snapshot: snapshotMessage(snapshot) })), nextToken };
  }
}

/** A volume is a device or a directory, not both. */
function accessOfAll(capabilities: readonly csi.VolumeCapability[]): AccessType {
  const types = new Set(capabilities.map(accessTypeOf));
  if (types.size > 1) throw invalidArgument({ field: 'volume_capabilities', reason: 'mix block and mount' });
  return types.has('block') ? 'block' : 'mount';
}

function statusOf({ attachments }: VolumeRecord): { publishedNodeIds: string[] } {
  return { publishedNodeIds: Object.keys(attachments) };
}
