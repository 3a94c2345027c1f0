import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { Clock } from '@kubewright/core';
import type * as csi from '../generated/csi/v1/csi_pb.js';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { ControllerService } from '../services/controller-service.js';
import type { Reply } from '../services/reply.js';
import { capacityFits, chooseCapacity } from '../volumes/capacity.js';
import { pageOf } from '../volumes/paging.js';
import { alreadyExists, notFound } from '../volumes/status.js';

export const fakeNodeId = 'memory-node';
const defaultSize = 1n << 30n;
const poolSize = 1n << 50n;

export interface FakeVolume {
  readonly number: number;
  readonly name: string;
  readonly id: string;
  readonly source: csi.VolumeContentSource | undefined;
  bytes: bigint;
  /** How it is attached: undefined where it is not. */
  readOnly: boolean | undefined;
}

type SnapshotShape = MessageInitShape<typeof csi.SnapshotSchema>;
interface FakeSnapshot {
  readonly number: number;
  readonly name: string;
  readonly message: SnapshotShape & { readonly snapshotId: string; readonly sourceVolumeId: string };
}

/** The controller of `FakeDriver`: one node, volumes and snapshots in maps. */
export class FakeController extends ControllerService {
  override readonly features = { cloneVolume: true, publishReadOnly: true, listPublishedNodes: true };
  readonly volumes = new Map<string, FakeVolume>();
  readonly #byName = new Map<string, FakeVolume>();
  readonly #snapshots = new Map<string, FakeSnapshot>();
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override async createVolume(request: csi.CreateVolumeRequest): Reply<typeof csi.CreateVolumeResponseSchema> {
    const { name, capacityRange, volumeContentSource: source } = request;
    const existing = this.#byName.get(name);
    if (existing !== undefined) {
      if (!capacityFits(capacityRange, existing.bytes)) throw alreadyExists('volume', name, 'has another size');
      return { volume: shape(existing) };
    }
    const bytes = chooseCapacity(capacityRange, { default: defaultSize, maximum: poolSize });
    this.#requireSource(source);
    const number = ++this.#last;
    const volume = { number, name, id: `volume-${number}`, source, bytes, readOnly: undefined };
    this.volumes.set(volume.id, volume);
    this.#byName.set(name, volume);
    return { volume: shape(volume) };
  }

  override async deleteVolume({ volumeId }: csi.DeleteVolumeRequest): Reply<typeof csi.DeleteVolumeResponseSchema> {
    const volume = this.volumes.get(volumeId);
    if (volume?.readOnly !== undefined) {
      throw new GrpcStatusError(Code.FAILED_PRECONDITION, `volume '${volumeId}' is attached`);
    }
    this.volumes.delete(volumeId);
    if (volume !== undefined) this.#byName.delete(volume.name);
    return {};
  }

  override async controllerPublishVolume(
    request: csi.ControllerPublishVolumeRequest,
  ): Reply<typeof csi.ControllerPublishVolumeResponseSchema> {
    const volume = this.volume(request.volumeId);
    if (request.nodeId !== fakeNodeId) throw notFound('node', request.nodeId);
    if (volume.readOnly !== undefined && volume.readOnly !== request.readonly) {
      throw alreadyExists('attachment of volume', volume.id, 'has other access');
    }
    volume.readOnly = request.readonly;
    return {};
  }

  override async controllerUnpublishVolume(
    request: csi.ControllerUnpublishVolumeRequest,
  ): Reply<typeof csi.ControllerUnpublishVolumeResponseSchema> {
    const volume = this.volumes.get(request.volumeId);
    if (volume !== undefined) volume.readOnly = undefined;
    return {};
  }

  override async validateVolumeCapabilities(
    request: csi.ValidateVolumeCapabilitiesRequest,
  ): Reply<typeof csi.ValidateVolumeCapabilitiesResponseSchema> {
    this.volume(request.volumeId);
    const { volumeContext, volumeCapabilities, parameters, mutableParameters } = request;
    return { confirmed: { volumeContext, volumeCapabilities, parameters, mutableParameters } };
  }

  override async listVolumes(request: csi.ListVolumesRequest): Reply<typeof csi.ListVolumesResponseSchema> {
    const { entries, nextToken } = pageOf([...this.volumes.values()], ({ number }) => number, request);
    return { entries: entries.map((volume) => ({ volume: shape(volume), status: status(volume) })), nextToken };
  }

  override async controllerGetVolume(
    request: csi.ControllerGetVolumeRequest,
  ): Reply<typeof csi.ControllerGetVolumeResponseSchema> {
    const volume = this.volume(request.volumeId);
    return { volume: shape(volume), status: status(volume) };
  }

  override async getCapacity(): Reply<typeof csi.GetCapacityResponseSchema> {
    const used = [...this.volumes.values()].reduce((sum, { bytes }) => sum + bytes, 0n);
    return { availableCapacity: used > poolSize ? 0n : poolSize - used };
  }

  override async controllerExpandVolume(
    request: csi.ControllerExpandVolumeRequest,
  ): Reply<typeof csi.ControllerExpandVolumeResponseSchema> {
    const volume = this.volume(request.volumeId);
    const bytes = chooseCapacity(request.capacityRange, { default: volume.bytes, maximum: poolSize });
    if (bytes > volume.bytes) volume.bytes = bytes;
    return { capacityBytes: volume.bytes, nodeExpansionRequired: false };
  }

  override async createSnapshot(request: csi.CreateSnapshotRequest): Reply<typeof csi.CreateSnapshotResponseSchema> {
    const { name, sourceVolumeId } = request;
    const existing = [...this.#snapshots.values()].find((snapshot) => snapshot.name === name);
    if (existing !== undefined && existing.message.sourceVolumeId !== sourceVolumeId) {
      throw alreadyExists('snapshot', name, 'has another source');
    }
    if (existing !== undefined) return { snapshot: existing.message };
    const number = ++this.#last;
    const message = {
      snapshotId: `snapshot-${number}`,
      sourceVolumeId,
      sizeBytes: this.volume(sourceVolumeId).bytes,
      creationTime: timestampFromMs(this.#clock.now()),
      readyToUse: true,
    };
    this.#snapshots.set(message.snapshotId, { number, name, message });
    return { snapshot: message };
  }

  override async deleteSnapshot(request: csi.DeleteSnapshotRequest): Reply<typeof csi.DeleteSnapshotResponseSchema> {
    this.#snapshots.delete(request.snapshotId);
    return {};
  }

  override async listSnapshots(request: csi.ListSnapshotsRequest): Reply<typeof csi.ListSnapshotsResponseSchema> {
    const { sourceVolumeId, snapshotId } = request;
    const wanted = [...this.#snapshots.values()].filter(
      ({ message }) =>
        (sourceVolumeId === '' || message.sourceVolumeId === sourceVolumeId) &&
        (snapshotId === '' || message.snapshotId === snapshotId),
    );
    const { entries, nextToken } = pageOf(wanted, ({ number }) => number, request);
    return { entries: entries.map(({ message }) => ({ snapshot: message })), nextToken };
  }

  /** @throws GrpcStatusError NOT_FOUND */
  volume(id: string): FakeVolume {
    const volume = this.volumes.get(id);
    if (volume === undefined) throw notFound('volume', id);
    return volume;
  }

  #requireSource(source: csi.VolumeContentSource | undefined): void {
    if (source?.type.case === 'volume') this.volume(source.type.value.volumeId);
    if (source?.type.case !== 'snapshot') return;
    const { snapshotId } = source.type.value;
    if (!this.#snapshots.has(snapshotId)) throw notFound('snapshot', snapshotId);
  }
}

function shape({ id, bytes, source }: FakeVolume): MessageInitShape<typeof csi.VolumeSchema> {
  return { volumeId: id, capacityBytes: bytes, ...(source && { contentSource: source }) };
}

function status({ readOnly }: FakeVolume): { publishedNodeIds: string[] } {
  return { publishedNodeIds: readOnly === undefined ? [] : [fakeNodeId] };
}
