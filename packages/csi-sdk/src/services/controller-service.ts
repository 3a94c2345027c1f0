import { GrpcService } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import type * as csi from '../generated/csi/v1/csi_pb.js';
import { Controller } from '../generated/csi/v1/csi_pb.js';
import { controllerCapabilities } from '../capabilities/controller-capabilities.js';
import type { ControllerFeatures } from '../capabilities/controller-capabilities.js';
import { checkCapabilities, checkCapability, checkName, checkPage, checkRange, checkSource } from './checks.js';
import { capabilityReply, csiSizes, limits } from './reply.js';
import type { Reply } from './reply.js';

const volumeId = { required: ['volumeId'], maxBytes: { volumeId: csiSizes.name } } as const;
const snapshotId = { required: ['snapshotId'], maxBytes: { snapshotId: csiSizes.name } } as const;
const volumeKey = (request: { volumeId: string }): string => `volume ${request.volumeId}`;
const snapshotKey = (request: { snapshotId: string }): string => `snapshot ${request.snapshotId}`;

/**
 * The part of a driver that runs once per cluster. Methods that a driver does not implement answer UNIMPLEMENTED; those
 * that belong together (create and delete, publish and unpublish) are implemented together. Calls are repeated by their
 * caller until they succeed, so each has to be idempotent. A call that is already running for the same name, volume or
 * snapshot makes a second one ABORTED before it reaches the driver.
 */
@GrpcService(Controller, {
  limits,
  methods: {
    createVolume: {
      rules: { required: ['name', 'volumeCapabilities'], maxBytes: { name: csiSizes.name } },
      validate: (r) =>
        checkName(r.name) ??
        checkCapabilities(r.volumeCapabilities) ??
        checkRange(r.capacityRange) ??
        checkSource(r.volumeContentSource),
      exclusiveBy: (r) => `volume named ${r.name}`,
    },
    deleteVolume: { rules: volumeId, exclusiveBy: volumeKey },
    controllerPublishVolume: {
      rules: {
        required: ['volumeId', 'nodeId', 'volumeCapability'],
        maxBytes: { volumeId: csiSizes.name, nodeId: csiSizes.nodeId },
      },
      validate: (r) => r.volumeCapability && checkCapability(r.volumeCapability, 'volume_capability'),
      exclusiveBy: volumeKey,
    },
    controllerUnpublishVolume: {
      rules: { required: ['volumeId'], maxBytes: { volumeId: csiSizes.name, nodeId: csiSizes.nodeId } },
      exclusiveBy: volumeKey,
    },
    validateVolumeCapabilities: {
      rules: { required: ['volumeId', 'volumeCapabilities'], maxBytes: { volumeId: csiSizes.name } },
      validate: (r) => checkCapabilities(r.volumeCapabilities),
    },
    listVolumes: { validate: (r) => checkPage(r.maxEntries) },
    controllerGetVolume: { rules: volumeId },
    // An empty map cannot be told from a missing one, and callers send it: nothing is changed then.
    controllerModifyVolume: { rules: volumeId, exclusiveBy: volumeKey },
    getCapacity: { validate: (r) => checkCapabilities(r.volumeCapabilities) },
    createSnapshot: {
      rules: {
        required: ['sourceVolumeId', 'name'],
        maxBytes: { sourceVolumeId: csiSizes.name, name: csiSizes.name },
      },
      validate: (r) => checkName(r.name),
      exclusiveBy: (r) => `snapshot named ${r.name}`,
    },
    deleteSnapshot: { rules: snapshotId, exclusiveBy: snapshotKey },
    listSnapshots: { validate: (r) => checkPage(r.maxEntries) },
    getSnapshot: { rules: snapshotId },
    controllerExpandVolume: {
      rules: { required: ['volumeId', 'capacityRange'], maxBytes: { volumeId: csiSizes.name } },
      validate: (r) =>
        checkRange(r.capacityRange) ?? (r.volumeCapability && checkCapability(r.volumeCapability, 'volume_capability')),
      exclusiveBy: volumeKey,
    },
  },
})
export abstract class ControllerService {
  /** What cannot be seen from the methods alone. Default: nothing. */
  readonly features: ControllerFeatures = {};

  createVolume?(request: csi.CreateVolumeRequest, context: CallContext): Reply<typeof csi.CreateVolumeResponseSchema>;
  deleteVolume?(request: csi.DeleteVolumeRequest, context: CallContext): Reply<typeof csi.DeleteVolumeResponseSchema>;
  controllerPublishVolume?(
    request: csi.ControllerPublishVolumeRequest,
    context: CallContext,
  ): Reply<typeof csi.ControllerPublishVolumeResponseSchema>;
  controllerUnpublishVolume?(
    request: csi.ControllerUnpublishVolumeRequest,
    context: CallContext,
  ): Reply<typeof csi.ControllerUnpublishVolumeResponseSchema>;
  /** Every controller answers this one: confirm what the volume supports, or say in `message` why not. */
  abstract validateVolumeCapabilities(
    request: csi.ValidateVolumeCapabilitiesRequest,
    context: CallContext,
  ): Reply<typeof csi.ValidateVolumeCapabilitiesResponseSchema>;
  listVolumes?(request: csi.ListVolumesRequest, context: CallContext): Reply<typeof csi.ListVolumesResponseSchema>;
  getCapacity?(request: csi.GetCapacityRequest, context: CallContext): Reply<typeof csi.GetCapacityResponseSchema>;
  createSnapshot?(
    request: csi.CreateSnapshotRequest,
    context: CallContext,
  ): Reply<typeof csi.CreateSnapshotResponseSchema>;
  deleteSnapshot?(
    request: csi.DeleteSnapshotRequest,
    context: CallContext,
  ): Reply<typeof csi.DeleteSnapshotResponseSchema>;
  listSnapshots?(
    request: csi.ListSnapshotsRequest,
    context: CallContext,
  ): Reply<typeof csi.ListSnapshotsResponseSchema>;
  getSnapshot?(request: csi.GetSnapshotRequest, context: CallContext): Reply<typeof csi.GetSnapshotResponseSchema>;
  controllerExpandVolume?(
    request: csi.ControllerExpandVolumeRequest,
    context: CallContext,
  ): Reply<typeof csi.ControllerExpandVolumeResponseSchema>;
  controllerGetVolume?(
    request: csi.ControllerGetVolumeRequest,
    context: CallContext,
  ): Reply<typeof csi.ControllerGetVolumeResponseSchema>;
  controllerModifyVolume?(
    request: csi.ControllerModifyVolumeRequest,
    context: CallContext,
  ): Reply<typeof csi.ControllerModifyVolumeResponseSchema>;

  controllerGetCapabilities(
    _request: csi.ControllerGetCapabilitiesRequest,
    _context: CallContext,
  ): Reply<typeof csi.ControllerGetCapabilitiesResponseSchema> {
    return capabilityReply(controllerCapabilities(this, this.features));
  }
}
