/** The members of a group of snapshots: their names, and the two objects that each of them is. */
import { withFinalizers } from '@kubewright/controller';
import { createHash } from 'node:crypto';
import type { DeepReadonly } from '@kubewright/api';
import type { PersistentVolume } from '@kubewright/api/core/v1';
import type { NewObject } from '@kubewright/informer';
import { marksOfSnapshot } from './content-holder.js';
import type { VolumeGroupSnapshot, VolumeGroupSnapshotContent, VolumeSnapshotInfo } from './group-kinds.js';
import type { VolumeSnapshot, VolumeSnapshotContent } from './kinds.js';

type ReadonlySnapshot = DeepReadonly<VolumeSnapshot>;
type ReadonlyContent = DeepReadonly<VolumeSnapshotContent>;

/** On the content of a member, from the start: it is made and deleted with the group only. */
const groupHandle = 'groupsnapshot.storage.k8s.io/volumeGroupSnapshotHandle';
/** Keeps the snapshot of a member until the group goes. */
export const memberFinalizer = 'snapshot.storage.kubernetes.io/volumesnapshot-in-group-protection';
const group = { apiVersion: 'groupsnapshot.storage.k8s.io/v1', kind: 'VolumeGroupSnapshot' } as const;
const [snapshotPrefix, contentPrefix] = ['snapshot-', 'snapcontent-'];

export interface Member {
  readonly group: DeepReadonly<VolumeGroupSnapshot>;
  readonly content: DeepReadonly<VolumeGroupSnapshotContent>;
  readonly info: DeepReadonly<VolumeSnapshotInfo>;
  /** The volume that it is a snapshot of, where there is an object for that. */
  readonly volume: DeepReadonly<PersistentVolume> | undefined;
}

/** The group that a snapshot is a member of, if it is one. */
export function groupNameOf({ metadata }: ReadonlySnapshot): string | undefined {
  return metadata.ownerReferences?.find(({ kind }) => kind === group.kind)?.name;
}

/** The name of a group's content: the one that it names, or the one that is made for it. */
export function groupContentNameOf({ metadata, spec }: DeepReadonly<VolumeGroupSnapshot>): string {
  return spec.source.volumeGroupSnapshotContentName ?? `groupsnapcontent-${metadata.uid}`;
}

export function isContentOfMember({ metadata }: ReadonlyContent): boolean {
  return metadata.annotations?.[groupHandle] !== undefined;
}

/** The name of a snapshot's content: the one that it names, or the one that is made for it. */
export function contentNameOf(snapshot: ReadonlySnapshot): string {
  const { metadata, spec } = snapshot;
  const { name = '', uid } = metadata;
  const made =
    groupNameOf(snapshot) === undefined ? `${contentPrefix}${uid}` : name.replace(snapshotPrefix, contentPrefix);
  return spec.source.volumeSnapshotContentName ?? made;
}

export function memberSnapshot({ group: owner, info, volume }: Member): NewObject<VolumeSnapshot> {
  const { name = '', namespace = '', uid = '' } = owner.metadata;
  const snapshot: NewObject<VolumeSnapshot> = {
    metadata: {
      name: `${snapshotPrefix}${idOf(owner, info)}`,
      namespace,
      ownerReferences: [{ ...group, name, uid }],
    },
    spec: { source: { persistentVolumeClaimName: volume?.spec?.claimRef?.name ?? '' } },
  };
  return withFinalizers(snapshot, memberFinalizer);
}

export function memberContent(
  { group: owner, content, info, volume }: Member,
  { metadata }: ReadonlySnapshot,
): NewObject<VolumeSnapshotContent> {
  const { driver, deletionPolicy } = content.spec;
  const made: NewObject<VolumeSnapshotContent> = {
    metadata: {
      name: `${contentPrefix}${idOf(owner, info)}`,
      annotations: { [groupHandle]: content.status?.volumeGroupSnapshotHandle ?? '' },
    },
    spec: {
      driver,
      deletionPolicy,
      source: { volumeHandle: info.volumeHandle ?? '' },
      ...(volume !== undefined && { sourceVolumeMode: volume.spec?.volumeMode ?? 'Filesystem' }),
      volumeSnapshotRef: {
        apiVersion: 'snapshot.storage.k8s.io/v1',
        kind: 'VolumeSnapshot',
        name: metadata.name ?? '',
        namespace: metadata.namespace ?? '',
        uid: metadata.uid ?? '',
      },
    },
  };
  return withFinalizers(made, marksOfSnapshot.finalizer);
}

/** What the content of a member says of it. */
export function memberStatus({ content, info }: Member): NonNullable<VolumeSnapshotContent['status']> {
  const { snapshotHandle, creationTime, readyToUse = false, restoreSize } = info;
  return {
    ...(snapshotHandle !== undefined && { snapshotHandle }),
    ...(creationTime !== undefined && { creationTime }),
    ...(restoreSize !== undefined && { restoreSize }),
    volumeGroupSnapshotHandle: content.status?.volumeGroupSnapshotHandle ?? '',
    readyToUse,
  };
}

/** The same however often the member is made. */
function idOf({ metadata }: DeepReadonly<VolumeGroupSnapshot>, { volumeHandle = '' }: VolumeSnapshotInfo): string {
  return createHash('sha256').update(`${metadata.uid}${volumeHandle}`).digest('hex');
}
