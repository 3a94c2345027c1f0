/**
 * Volume snapshots: the kinds of snapshot.storage.k8s.io/v1, their definitions for clusters that lack them, and the two
 * controllers that make them.
 */
import type { Kind, KubeObject } from '@kubewright/api';
import type { ObjectReference } from '@kubewright/api/core/v1';

const api = { group: 'snapshot.storage.k8s.io', version: 'v1', categories: [] } as const;

export interface SnapshotError {
  readonly message?: string;
  readonly time?: string;
}

/** A wish for a snapshot of a claim, or the name that a namespace has for one that exists. */
export interface VolumeSnapshot extends KubeObject {
  readonly spec: {
    /** One of the two. */
    readonly source: { readonly persistentVolumeClaimName?: string; readonly volumeSnapshotContentName?: string };
    readonly volumeSnapshotClassName?: string;
  };
  readonly status?: {
    readonly boundVolumeSnapshotContentName?: string;
    readonly creationTime?: string;
    readonly readyToUse?: boolean;
    readonly restoreSize?: string;
    /** The group that it is a member of. */
    readonly volumeGroupSnapshotName?: string;
    readonly error?: SnapshotError;
  };
}
export const VolumeSnapshot: Kind<VolumeSnapshot> = {
  ...api,
  kind: 'VolumeSnapshot',
  plural: 'volumesnapshots',
  singular: 'volumesnapshot',
  scope: 'Namespaced',
  shortNames: ['vs'],
};

/** A snapshot on the storage. */
export interface VolumeSnapshotContent extends KubeObject {
  readonly spec: {
    readonly deletionPolicy: string;
    readonly driver: string;
    /** One of the two: to be made from this volume, or made already. */
    readonly source: { readonly volumeHandle?: string; readonly snapshotHandle?: string };
    readonly sourceVolumeMode?: string;
    readonly volumeSnapshotClassName?: string;
    readonly volumeSnapshotRef: ObjectReference;
  };
  readonly status?: {
    readonly snapshotHandle?: string;
    /** Nanoseconds since the epoch. */
    readonly creationTime?: number;
    readonly readyToUse?: boolean;
    /** Bytes. */
    readonly restoreSize?: number;
    /** The group on the storage that it is a member of. */
    readonly volumeGroupSnapshotHandle?: string;
    readonly error?: SnapshotError;
  };
}
export const VolumeSnapshotContent: Kind<VolumeSnapshotContent> = {
  ...api,
  kind: 'VolumeSnapshotContent',
  plural: 'volumesnapshotcontents',
  singular: 'volumesnapshotcontent',
  scope: 'Cluster',
  shortNames: ['vsc', 'vscs'],
};

/** How snapshots are made. */
export interface VolumeSnapshotClass extends KubeObject {
  readonly driver: string;
  /** `Delete` or `Retain`. */
  readonly deletionPolicy: string;
  readonly parameters?: Record<string, string>;
}
export const VolumeSnapshotClass: Kind<VolumeSnapshotClass> = {
  ...api,
  kind: 'VolumeSnapshotClass',
  plural: 'volumesnapshotclasses',
  singular: 'volumesnapshotclass',
  scope: 'Cluster',
  shortNames: ['vsclass', 'vsclasses'],
};
