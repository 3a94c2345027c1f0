import { GrpcService } from '@kubewright/grpc';
import type { CallContext, FieldViolation } from '@kubewright/grpc';
import type * as csi from '../generated/csi/v1/csi_pb.js';
import { Node } from '../generated/csi/v1/csi_pb.js';
import { nodeCapabilities } from '../capabilities/node-capabilities.js';
import type { NodeFeatures } from '../capabilities/node-capabilities.js';
import { checkCapability, checkPath, checkRange } from './checks.js';
import { capabilityReply, csiSizes, limits } from './reply.js';
import type { Reply } from './reply.js';

const volumeKey = (request: { volumeId: string }): string => `volume ${request.volumeId}`;
const checkVolume = (capability: csi.VolumeCapability | undefined): FieldViolation | undefined =>
  capability && checkCapability(capability, 'volume_capability');
const checkStaging = (path: string): FieldViolation | undefined =>
  path === '' ? undefined : checkPath(path, 'staging_target_path');
/** Where a volume is, which the driver looks up: what is not there is NOT_FOUND, however it is spelled. */
const checkBytes = (path: string): FieldViolation | undefined =>
  path.includes('\0') ? { field: 'volume_path', reason: 'contains a NUL byte' } : undefined;

/**
 * The part of a driver that runs on every node and shows volumes to pods there. Publishing is the one thing that every
 * driver does; the helpers in `mount` make it idempotent. A second call for a volume that is being worked on is
 * ABORTED.
 */
@GrpcService(Node, {
  limits,
  methods: {
    nodeStageVolume: {
      rules: {
        required: ['volumeId', 'stagingTargetPath', 'volumeCapability'],
        maxBytes: { volumeId: csiSizes.name, stagingTargetPath: csiSizes.path },
      },
      validate: (r) => checkVolume(r.volumeCapability) ?? checkStaging(r.stagingTargetPath),
      exclusiveBy: volumeKey,
    },
    nodeUnstageVolume: {
      rules: {
        required: ['volumeId', 'stagingTargetPath'],
        maxBytes: { volumeId: csiSizes.name, stagingTargetPath: csiSizes.path },
      },
      validate: (r) => checkStaging(r.stagingTargetPath),
      exclusiveBy: volumeKey,
    },
    nodePublishVolume: {
      rules: {
        required: ['volumeId', 'targetPath', 'volumeCapability'],
        maxBytes: { volumeId: csiSizes.name, targetPath: csiSizes.path, stagingTargetPath: csiSizes.path },
      },
      validate: (r) =>
        checkVolume(r.volumeCapability) ?? checkPath(r.targetPath, 'target_path') ?? checkStaging(r.stagingTargetPath),
      exclusiveBy: volumeKey,
    },
    nodeUnpublishVolume: {
      rules: {
        required: ['volumeId', 'targetPath'],
        maxBytes: { volumeId: csiSizes.name, targetPath: csiSizes.path },
      },
      validate: (r) => checkPath(r.targetPath, 'target_path'),
      exclusiveBy: volumeKey,
    },
    nodeGetVolumeStats: {
      rules: { required: ['volumeId', 'volumePath'], maxBytes: { volumeId: csiSizes.name, volumePath: csiSizes.path } },
      validate: (r) => checkBytes(r.volumePath),
    },
    nodeExpandVolume: {
      rules: { required: ['volumeId', 'volumePath'], maxBytes: { volumeId: csiSizes.name, volumePath: csiSizes.path } },
      validate: (r) => checkBytes(r.volumePath) ?? checkRange(r.capacityRange) ?? checkVolume(r.volumeCapability),
      exclusiveBy: volumeKey,
    },
  },
})
export abstract class NodeService {
  /** What cannot be seen from the methods alone. Default: nothing. */
  readonly features: NodeFeatures = {};

  nodeStageVolume?(
    request: csi.NodeStageVolumeRequest,
    context: CallContext,
  ): Reply<typeof csi.NodeStageVolumeResponseSchema>;
  nodeUnstageVolume?(
    request: csi.NodeUnstageVolumeRequest,
    context: CallContext,
  ): Reply<typeof csi.NodeUnstageVolumeResponseSchema>;
  abstract nodePublishVolume(
    request: csi.NodePublishVolumeRequest,
    context: CallContext,
  ): Reply<typeof csi.NodePublishVolumeResponseSchema>;
  /** Takes the volume away and deletes the target path; both may be gone already. */
  abstract nodeUnpublishVolume(
    request: csi.NodeUnpublishVolumeRequest,
    context: CallContext,
  ): Reply<typeof csi.NodeUnpublishVolumeResponseSchema>;
  /** Paths are the caller's text: one that is not where the volume is published answers NOT_FOUND. */
  nodeGetVolumeStats?(
    request: csi.NodeGetVolumeStatsRequest,
    context: CallContext,
  ): Reply<typeof csi.NodeGetVolumeStatsResponseSchema>;
  nodeExpandVolume?(
    request: csi.NodeExpandVolumeRequest,
    context: CallContext,
  ): Reply<typeof csi.NodeExpandVolumeResponseSchema>;
  /** The node's id as the controller knows it (at most 256 bytes), how many volumes it takes, and where it is. */
  abstract nodeGetInfo(
    request: csi.NodeGetInfoRequest,
    context: CallContext,
  ): Reply<typeof csi.NodeGetInfoResponseSchema>;

  nodeGetCapabilities(
    _request: csi.NodeGetCapabilitiesRequest,
    _context: CallContext,
  ): Reply<typeof csi.NodeGetCapabilitiesResponseSchema> {
    return capabilityReply(nodeCapabilities(this, this.features));
  }
}
