import { notFound } from '@kubewright/csi-sdk';
import type { SnapshotRecord, VolumeRecord } from '../state/records.js';
import type { HostPathPool } from './host-path-pool.js';

/** The volume with this id that callers can see. @throws GrpcStatusError NOT_FOUND */
export function readyVolume(pool: HostPathPool, id: string): VolumeRecord {
  const volume = pool.volumes.get(id);
  if (volume?.phase !== 'ready') throw notFound('volume', id);
  return volume;
}

/** The snapshot with this id that callers can see. @throws GrpcStatusError NOT_FOUND */
export function readySnapshot(pool: HostPathPool, id: string): SnapshotRecord {
  const snapshot = pool.snapshots.get(id);
  if (snapshot?.phase !== 'ready') throw notFound('snapshot', id);
  return snapshot;
}
