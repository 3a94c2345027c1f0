import { GrpcService } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import type * as csi from '../generated/csi/v1/csi_pb.js';
import { GroupController } from '../generated/csi/v1/csi_pb.js';
import { groupCapabilities } from '../capabilities/group-capabilities.js';
import { checkName } from './checks.js';
import { capabilityReply, csiSizes, limits } from './reply.js';
import type { Reply } from './reply.js';

const groupKey = (request: { groupSnapshotId: string }): string => `group ${request.groupSnapshotId}`;
const groupId = { required: ['groupSnapshotId'], maxBytes: { groupSnapshotId: csiSizes.name } } as const;

/** Snapshots of several volumes at one point in time. The three methods are implemented together. */
@GrpcService(GroupController, {
  limits,
  methods: {
    createVolumeGroupSnapshot: {
      rules: {
        required: ['name', 'sourceVolumeIds'],
        maxBytes: { name: csiSizes.name, sourceVolumeIds: csiSizes.name },
      },
      validate: (r) => checkName(r.name),
      exclusiveBy: (r) => `group named ${r.name}`,
    },
    deleteVolumeGroupSnapshot: { rules: groupId, exclusiveBy: groupKey },
    getVolumeGroupSnapshot: { rules: groupId },
  },
})
export abstract class GroupControllerService {
  createVolumeGroupSnapshot?(
    request: csi.CreateVolumeGroupSnapshotRequest,
    context: CallContext,
  ): Reply<typeof csi.CreateVolumeGroupSnapshotResponseSchema>;
  deleteVolumeGroupSnapshot?(
    request: csi.DeleteVolumeGroupSnapshotRequest,
    context: CallContext,
  ): Reply<typeof csi.DeleteVolumeGroupSnapshotResponseSchema>;
  getVolumeGroupSnapshot?(
    request: csi.GetVolumeGroupSnapshotRequest,
    context: CallContext,
  ): Reply<typeof csi.GetVolumeGroupSnapshotResponseSchema>;

  groupControllerGetCapabilities(
    _request: csi.GroupControllerGetCapabilitiesRequest,
    _context: CallContext,
  ): Reply<typeof csi.GroupControllerGetCapabilitiesResponseSchema> {
    return capabilityReply(groupCapabilities(this));
  }
}
