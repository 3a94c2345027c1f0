import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Segments } from '@kubewright/csi-sdk';
import type {
  SnapshotSchema,
  VolumeContentSource,
  VolumeGroupSnapshotSchema,
  VolumeSchema,
} from '@kubewright/csi-sdk/v1';
import type { DataSource, SnapshotRecord, VolumeRecord } from '../state/records.js';
import type { HostPathPool } from '../volumes/host-path-pool.js';
import type { SnapshotGroup } from '../volumes/groups.js';
import { defaultDriverName } from '../options.js';

/** The place that every volume of this driver is in: its node. */
export function placeOf({ options }: HostPathPool): Segments {
  return { [`topology.${options.name ?? defaultDriverName}/node`]: options.nodeId };
}

export function volumeMessage(pool: HostPathPool, volume: VolumeRecord): MessageInitShape<typeof VolumeSchema> {
  const { id, bytes, source } = volume;
  return {
    volumeId: id,
    capacityBytes: bytes,
    accessibleTopology: [{ segments: placeOf(pool) }],
    ...(source && { contentSource: sourceMessage(source) }),
  };
}

function sourceMessage({ kind, id }: DataSource): NonNullable<MessageInitShape<typeof VolumeSchema>['contentSource']> {
  return kind === 'snapshot'
    ? { type: { case: 'snapshot', value: { snapshotId: id } } }
    : { type: { case: 'volume', value: { volumeId: id } } };
}

export function sourceOf(message: VolumeContentSource | undefined): DataSource | undefined {
  const type = message?.type;
  if (type?.case === 'snapshot') return { kind: 'snapshot', id: type.value.snapshotId };
  return type?.case === 'volume' ? { kind: 'volume', id: type.value.volumeId } : undefined;
}

export function snapshotMessage(snapshot: SnapshotRecord): MessageInitShape<typeof SnapshotSchema> {
  const { id, volumeId, bytes, createdAt, groupId = '' } = snapshot;
  return {
    snapshotId: id,
    sourceVolumeId: volumeId,
    sizeBytes: bytes,
    creationTime: timestampFromMs(createdAt),
    readyToUse: true,
    groupSnapshotId: groupId,
  };
}

export function groupMessage({ group, snapshots }: SnapshotGroup): MessageInitShape<typeof VolumeGroupSnapshotSchema> {
  return {
    groupSnapshotId: group.id,
    snapshots: snapshots.map(snapshotMessage),
    creationTime: timestampFromMs(group.createdAt),
    readyToUse: true,
  };
}
