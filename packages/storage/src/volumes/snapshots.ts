import { alreadyExists } from '@kubewright/csi-sdk';
import { Code, GrpcStatusError, invalidArgument } from '@kubewright/grpc';
import type { SnapshotRecord } from '../state/records.js';
import type { HostPathPool } from './host-path-pool.js';
import { readyVolume } from './ready.js';

export interface SnapshotRequest {
  readonly name: string;
  readonly volumeId: string;
  /** Given for a member of a group. */
  readonly member?: { readonly groupId: string; readonly snapshotId: string; readonly createdAt: number };
}

/** Takes a snapshot, or finds the one of this name. The caller of a group holds its volumes' locks. */
export async function createSnapshot(pool: HostPathPool, request: SnapshotRequest): Promise<SnapshotRecord> {
  const existing = pool.snapshots.named(request.name);
  if (existing !== undefined && existing.volumeId !== request.volumeId) {
    throw alreadyExists('snapshot', request.name, `is of volume '${existing.volumeId}'`);
  }
  if (existing?.phase === 'ready') return existing;
  if (existing?.phase === 'deleting') {
    throw new GrpcStatusError(Code.ABORTED, `snapshot '${request.name}' is being deleted: try again`);
  }
  const take = (): Promise<SnapshotRecord> => copyVolume(pool, request, existing);
  return request.member ? take() : pool.locks.run(`volume/${request.volumeId}`, take);
}

async function copyVolume(
  pool: HostPathPool,
  { name, volumeId, member }: SnapshotRequest,
  earlier: SnapshotRecord | undefined,
): Promise<SnapshotRecord> {
  const volume = readyVolume(pool, volumeId);
  const intent: SnapshotRecord = {
    id: earlier?.id ?? member?.snapshotId ?? pool.random.uuid(),
    name,
    number: pool.snapshots.nextNumber(),
    phase: 'creating',
    volumeId,
    access: volume.access,
    bytes: volume.bytes,
    createdAt: member?.createdAt ?? pool.clock.now(),
    ...(member && { groupId: member.groupId }),
  };
  await pool.snapshots.put(intent);
  pool.faults.reach('create-snapshot:intent');
  try {
    await pool.snapshotData.copy(pool.volumeData.path(volume), intent, intent.bytes);
  } catch (error) {
    await dropSnapshot(pool, intent);
    throw error;
  }
  pool.faults.reach('create-snapshot:data');
  const ready: SnapshotRecord = { ...intent, phase: 'ready' };
  await pool.snapshots.put(ready);
  pool.faults.reach('create-snapshot:commit');
  return ready;
}

/** Deletes a snapshot that is no member of a group; one that is gone already is no error. */
export async function deleteSnapshot(pool: HostPathPool, id: string): Promise<void> {
  await pool.locks.run(`snapshot/${id}`, async () => {
    const snapshot = pool.snapshots.get(id);
    if (snapshot === undefined) return;
    if (snapshot.groupId !== undefined && pool.groups.get(snapshot.groupId) !== undefined) {
      throw invalidArgument({
        field: 'snapshot_id',
        reason: `belongs to group '${snapshot.groupId}': delete the group`,
      });
    }
    await pool.reserve.use(() => pool.snapshots.put({ ...snapshot, phase: 'deleting' }));
    pool.faults.reach('delete-snapshot:intent');
    await pool.snapshotData.remove(snapshot);
    pool.faults.reach('delete-snapshot:data');
    await pool.snapshots.remove(snapshot);
    pool.faults.reach('delete-snapshot:commit');
  });
}

/** Undoes a snapshot that never was ready, or finishes the deletion of one. */
export async function dropSnapshot(pool: HostPathPool, snapshot: SnapshotRecord): Promise<void> {
  await pool.snapshotData.remove(snapshot);
  await pool.snapshots.remove(snapshot);
}
