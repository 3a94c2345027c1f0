import { Code, GrpcStatusError } from '@kubewright/grpc';
import type * as csi from '../generated/csi/v1/csi_pb.js';
import { VolumeUsage_Unit as Unit } from '../generated/csi/v1/csi_pb.js';
import { NodeService } from '../services/node-service.js';
import type { Reply } from '../services/reply.js';
import { alreadyExists, notFound } from '../volumes/status.js';
import { fakeNodeId } from './fake-controller.js';
import type { FakeController } from './fake-controller.js';

interface Published {
  readonly volumeId: string;
  readonly readOnly: boolean;
}

/** The node service of `FakeDriver`: it remembers what is staged and published where, and mounts nothing. */
export class FakeNode extends NodeService {
  readonly staged = new Map<string, string>();
  readonly published = new Map<string, Published>();
  readonly #controller: FakeController;

  constructor(controller: FakeController) {
    super();
    this.#controller = controller;
  }

  override async nodeStageVolume(request: csi.NodeStageVolumeRequest): Reply<typeof csi.NodeStageVolumeResponseSchema> {
    this.#controller.volume(request.volumeId);
    this.staged.set(request.stagingTargetPath, request.volumeId);
    return {};
  }

  override async nodeUnstageVolume(
    request: csi.NodeUnstageVolumeRequest,
  ): Reply<typeof csi.NodeUnstageVolumeResponseSchema> {
    this.staged.delete(request.stagingTargetPath);
    return {};
  }

  override async nodePublishVolume(
    request: csi.NodePublishVolumeRequest,
  ): Reply<typeof csi.NodePublishVolumeResponseSchema> {
    const { volumeId, targetPath, stagingTargetPath, readonly } = request;
    this.#controller.volume(volumeId);
    if (stagingTargetPath === '') {
      throw new GrpcStatusError(Code.FAILED_PRECONDITION, 'staging_target_path is required: stage the volume first');
    }
    const found = this.published.get(targetPath);
    if (found !== undefined && (found.volumeId !== volumeId || found.readOnly !== readonly)) {
      throw alreadyExists('target', targetPath, 'shows something else');
    }
    this.published.set(targetPath, { volumeId, readOnly: readonly });
    return {};
  }

  override async nodeUnpublishVolume(
    request: csi.NodeUnpublishVolumeRequest,
  ): Reply<typeof csi.NodeUnpublishVolumeResponseSchema> {
    this.published.delete(request.targetPath);
    return {};
  }

  override async nodeGetVolumeStats(
    request: csi.NodeGetVolumeStatsRequest,
  ): Reply<typeof csi.NodeGetVolumeStatsResponseSchema> {
    const { bytes } = this.#controller.volume(request.volumeId);
    if (!this.published.has(request.volumePath) && !this.staged.has(request.volumePath)) {
      throw notFound('volume at path', request.volumePath);
    }
    return { usage: [{ unit: Unit.BYTES, total: bytes, available: bytes, used: 0n }] };
  }

  override async nodeGetInfo(): Reply<typeof csi.NodeGetInfoResponseSchema> {
    return { nodeId: fakeNodeId };
  }
}
