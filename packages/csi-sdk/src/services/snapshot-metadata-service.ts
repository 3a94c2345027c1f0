import { GrpcService } from '@kubewright/grpc';
import type { CallContext, FieldViolation } from '@kubewright/grpc';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type * as csi from '../generated/csi/v1/csi_pb.js';
import { SnapshotMetadata } from '../generated/csi/v1/csi_pb.js';
import { csiSizes, limits } from './reply.js';

/** An interrupted reader resumes at an offset and may say how many blocks it takes at a time. */
function checkWindow(request: { startingOffset: bigint; maxResults: number }): FieldViolation | undefined {
  if (request.startingOffset < 0n) return { field: 'starting_offset', reason: 'is negative' };
  return request.maxResults < 0 ? { field: 'max_results', reason: 'is negative' } : undefined;
}

/** Which blocks a snapshot holds, and which changed between two of them; for backups. Both methods stream. */
@GrpcService(SnapshotMetadata, {
  limits,
  methods: {
    getMetadataAllocated: {
      rules: { required: ['snapshotId'], maxBytes: { snapshotId: csiSizes.name } },
      validate: checkWindow,
    },
    getMetadataDelta: {
      rules: {
        required: ['baseSnapshotId', 'targetSnapshotId'],
        maxBytes: { baseSnapshotId: csiSizes.name, targetSnapshotId: csiSizes.name },
      },
      validate: checkWindow,
    },
  },
})
export abstract class SnapshotMetadataService {
  abstract getMetadataAllocated(
    request: csi.GetMetadataAllocatedRequest,
    context: CallContext,
  ): AsyncIterable<MessageInitShape<typeof csi.GetMetadataAllocatedResponseSchema>>;
  abstract getMetadataDelta(
    request: csi.GetMetadataDeltaRequest,
    context: CallContext,
  ): AsyncIterable<MessageInitShape<typeof csi.GetMetadataDeltaResponseSchema>>;
}
