import type { AccessType } from '@kubewright/csi-sdk';

/** `creating`: its data is not complete; `deleting`: its data may be gone in part. Only `ready` is shown to callers. */
export type Phase = 'creating' | 'ready' | 'deleting';

export interface StoredRecord {
  readonly id: string;
  /** As the caller chose it; unique per kind. */
  readonly name: string;
  /** Orders records by their making; never used twice. */
  readonly number: number;
  readonly phase: Phase;
}

/** Where a volume's first data came from. */
export interface DataSource {
  readonly kind: 'snapshot' | 'volume';
  readonly id: string;
}

export interface VolumeRecord extends StoredRecord {
  readonly access: AccessType;
  readonly bytes: bigint;
  /** Parameters that may be changed later. */
  readonly mutable: Readonly<Record<string, string>>;
  readonly source?: DataSource;
  /** Nodes that it is attached to. */
  readonly attachments: Readonly<Record<string, { readonly readOnly: boolean }>>;
  /** Lives as long as the pod that it was made for. */
  readonly ephemeral: boolean;
}

export interface SnapshotRecord extends StoredRecord {
  readonly volumeId: string;
  readonly access: AccessType;
  readonly bytes: bigint;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The group that it was taken in. */
  readonly groupId?: string;
}

export interface GroupRecord extends StoredRecord {
  readonly members: readonly { readonly volumeId: string; readonly snapshotId: string }[];
  readonly createdAt: number;
}
