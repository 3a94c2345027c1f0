import { FakeController, FakeDriver } from '@kubewright/csi-sdk/testing';
import type {
  CreateSnapshotRequest,
  CreateVolumeRequest,
  DeleteSnapshotRequest,
  DeleteVolumeRequest,
} from '@kubewright/csi-sdk/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';

/** Does what it is told, and for some calls fails to say so: what a caller sees of a timeout or a crash. */
class ForgetfulController extends FakeController {
  /** How many answers are still to be lost. */
  lost = 0;
  /** With what, if anything, it refuses to make snapshots, and volumes from them, without making them. */
  refuse: Code | undefined;
  /** Those of the last snapshot that was deleted. */
  secrets: Readonly<Record<string, string>> = {};

  override async createVolume(request: CreateVolumeRequest): ReturnType<FakeController['createVolume']> {
    if (request.volumeContentSource !== undefined) this.#refuse();
    const answer = await super.createVolume(request);
    this.#forget();
    return answer;
  }

  override async deleteVolume(request: DeleteVolumeRequest): ReturnType<FakeController['deleteVolume']> {
    const answer = await super.deleteVolume(request);
    this.#forget();
    return answer;
  }

  override async createSnapshot(request: CreateSnapshotRequest): ReturnType<FakeController['createSnapshot']> {
    this.#refuse();
    const answer = await super.createSnapshot(request);
    this.#forget();
    return answer;
  }

  override async deleteSnapshot(request: DeleteSnapshotRequest): ReturnType<FakeController['deleteSnapshot']> {
    this.secrets = request.secrets;
    return super.deleteSnapshot(request);
  }

  #refuse(): void {
    if (this.refuse !== undefined) throw new GrpcStatusError(this.refuse, 'the driver has no room');
  }

  #forget(): void {
    if (this.lost === 0) return;
    this.lost--;
    throw new GrpcStatusError(Code.UNAVAILABLE, 'the answer was lost');
  }
}

export class ForgetfulDriver extends FakeDriver {
  override readonly controller = new ForgetfulController(this.clock);
}
