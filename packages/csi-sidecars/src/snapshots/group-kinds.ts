/**
 * Snapshots of several volumes at one moment: the kinds of groupsnapshot.storage.k8s.io/v1. Each member is a VolumeSnapshot like
 * any other, except that it comes and goes with its group.
 */
import type { Kind, KubeObject } from '@kubewright/api';
import type { ObjectReference } from '@kubewright/api/core/v1';
import type { LabelSelector } from '@kubewright/api/meta/v1';
import type { SnapshotError } from './kinds.js';

const api = { group: 'groupsnapshot.storage.k8s.io', version: 'v1', categories: [] } as const;

/** A wish for snapshots of all claims of a namespace that a selector finds, or the name for a group that exists. */
export interface VolumeGroupSnapshot extends KubeObject {
  readonly spec: {
    /** One of the two. */
    readonly source: { readonly selector?: LabelSelector; readonly volumeGroupSnapshotContentName?: string };
    readonly volumeGroupSnapshotClassName?: string;
  };
  readonly status?: {
    readonly boundVolumeGroupSnapshotContentName?: string;
    readonly creationTime?: string;
    readonly readyToUse?: boolean;
    readonly error?: SnapshotError;
  };
}
export const VolumeGroupSnapshot: Kind<VolumeGroupSnapshot> = {
  ...api,
  kind: 'VolumeGroupSnapshot',
  plural: 'volumegroupsnapshots',
  singular: 'volumegroupsnapshot',
  scope: 'Namespaced',
  shortNames: ['vgs'],
};

/** One member, as it is on the storage. */
export interface VolumeSnapshotInfo {
  readonly volumeHandle?: string;
  readonly snapshotHandle?: string;
  /** Nanoseconds since the epoch. */
  readonly creationTime?: number;
  readonly readyToUse?: boolean;
  /** Bytes. */
  readonly restoreSize?: number;
}

/** A group of snapshots on the storage. */
export interface VolumeGroupSnapshotContent extends KubeObject {
  readonly spec: {
    readonly deletionPolicy: string;
    readonly driver: string;
    /** One of the two: to be made from these volumes, or made already. */
    readonly source: {
      readonly volumeHandles?: readonly string[];
      readonly groupSnapshotHandles?: {
        readonly volumeGroupSnapshotHandle: string;
        readonly volumeSnapshotHandles: readonly string[];
      };
    };
    readonly volumeGroupSnapshotClassName?: string;
    readonly volumeGroupSnapshotRef: ObjectReference;
  };
  readonly status?: {
    readonly volumeGroupSnapshotHandle?: string;
    readonly creationTime?: string;
    readonly readyToUse?: boolean;
    readonly volumeSnapshotInfoList?: readonly VolumeSnapshotInfo[];
    readonly error?: SnapshotError;
  };
}
export const VolumeGroupSnapshotContent: Kind<VolumeGroupSnapshotContent> = {
  ...api,
  kind: 'VolumeGroupSnapshotContent',
  plural: 'volumegroupsnapshotcontents',
  singular: 'volumegroupsnapshotcontent',
  scope: 'Cluster',
  shortNames: ['vgsc', 'vgscs'],
};

/** How groups of snapshots are made. */
export interface VolumeGroupSnapshotClass extends KubeObject {
  readonly driver: string;
  /** `Delete` or `Retain`. */
  readonly deletionPolicy: string;
  readonly parameters?: Record<string, string>;
}
export const VolumeGroupSnapshotClass: Kind<VolumeGroupSnapshotClass> = {
  ...api,
  kind: 'VolumeGroupSnapshotClass',
  plural: 'volumegroupsnapshotclasses',
  singular: 'volumegroupsnapshotclass',
  scope: 'Cluster',
  shortNames: ['vgsclass', 'vgsclasses'],
};
