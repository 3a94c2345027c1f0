import { MemoryController, MemoryDriver } from '@kubewright/csi-sdk/testing';
import type {
  CreateSnapshotRequest,
  CreateVolumeRequest,
  DeleteSnapshotRequest,
  DeleteVolumeRequest,
} from '@kubewright/csi-sdk/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';

/** Does what it is told, and for some calls fails to say so: what a caller sees of a timeout or a crash. */
class ForgetfulController extends MemoryController {
  /** How many answers are still to be lost. */
  lost = 0;
  /** Those of the last snapshot that was deleted. */
  secrets: Readonly<Record<string, string>> = {};

  override async createVolume(request: CreateVolumeRequest): ReturnType<MemoryController['createVolume']> {
    const answer = await super.createVolume(request);
    this.#forget();
    return answer;
  }

  override async deleteVolume(request: DeleteVolumeRequest): ReturnType<MemoryController['deleteVolume']> {
    const answer = await super.deleteVolume(request);
    this.#forget();
    return answer;
  }

  override async createSnapshot(request: CreateSnapshotRequest): ReturnType<MemoryController['createSnapshot']> {
    const answer = await super.createSnapshot(request);
    this.#forget();
    return answer;
  }

  override async deleteSnapshot(request: DeleteSnapshotRequest): ReturnType<MemoryController['deleteSnapshot']> {
    this.secrets = request.secrets;
    return super.deleteSnapshot(request);
  }

  #forget(): void {
    if (this.lost === 0) return;
    this.lost--;
    throw new GrpcStatusError(Code.UNAVAILABLE, 'the answer was lost');
  }
}

export class ForgetfulDriver extends MemoryDriver {
  override readonly controller = new ForgetfulController(this.clock);
}
