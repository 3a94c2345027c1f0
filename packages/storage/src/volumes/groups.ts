import { alreadyExists, notFound } from '@kubewright/csi-sdk';
import { Code, GrpcStatusError, invalidArgument } from '@kubewright/grpc';
import { noFaults } from '../state/fault-points.js';
import type { GroupRecord, SnapshotRecord } from '../state/records.js';
import type { HostPathPool } from './host-path-pool.js';
import { readySnapshot, readyVolume } from './ready.js';
import { createSnapshot, dropSnapshot } from './snapshots.js';

/** A group with its members' snapshots. */
export interface SnapshotGroup {
  readonly group: GroupRecord;
  readonly snapshots: readonly SnapshotRecord[];
}

/** Snapshots of several volumes, none of which is changed by the driver meanwhile; all of them come to be, or none. */
export async function createGroup(
  pool: HostPathPool,
  name: string,
  volumeIds: readonly string[],
): Promise<SnapshotGroup> {
  const wanted = [...new Set(volumeIds)].sort();
  const existing = pool.groups.named(name);
  if (existing?.phase === 'ready') {
    const taken = existing.members.map(({ volumeId }) => volumeId);
    if (!isSame(taken, wanted)) throw alreadyExists('group snapshot', name, 'is of other volumes');
    return withSnapshots(pool, existing);
  }
  if (existing !== undefined) {
    throw new GrpcStatusError(Code.ABORTED, `group snapshot '${name}' is being undone: try again`);
  }
  for (const id of wanted) readyVolume(pool, id);
  using locks = new DisposableStack();
  for (const id of wanted) locks.use(pool.locks.acquire(`volume/${id}`));
  return takeAll(pool, name, wanted);
}

async function takeAll(pool: HostPathPool, name: string, volumeIds: readonly string[]): Promise<SnapshotGroup> {
  const intent: GroupRecord = {
    id: pool.random.uuid(),
    name,
    number: pool.groups.nextNumber(),
    phase: 'creating',
    members: volumeIds.map((volumeId) => ({ volumeId, snapshotId: pool.random.uuid() })),
    createdAt: pool.clock.now(),
  };
  await pool.groups.put(intent);
  pool.faults.reach('create-group:intent');
  const quiet = { ...pool, faults: noFaults };
  for (const { volumeId, snapshotId } of intent.members) {
    const member = { groupId: intent.id, snapshotId, createdAt: intent.createdAt };
    try {
      await createSnapshot(quiet, { name: `${intent.id}/${volumeId}`, volumeId, member });
    } catch (error) {
      await dropGroup(quiet, intent);
      throw error;
    }
    pool.faults.reach('create-group:member');
  }
  const ready: GroupRecord = { ...intent, phase: 'ready' };
  await pool.groups.put(ready);
  pool.faults.reach('create-group:commit');
  return withSnapshots(pool, ready);
}

/** Deletes a group and its snapshots; one that is gone already is no error. @throws GrpcStatusError INVALID_ARGUMENT */
export async function deleteGroup(pool: HostPathPool, id: string, snapshotIds: readonly string[]): Promise<void> {
  await pool.locks.run(`group/${id}`, async () => {
    const group = pool.groups.get(id);
    if (group === undefined) return;
    if (group.phase === 'ready') checkMembers(group, snapshotIds);
    // A volume may be made from one of them.
    using locks = new DisposableStack();
    for (const { snapshotId } of group.members) locks.use(pool.locks.acquire(`snapshot/${snapshotId}`));
    await pool.reserve.use(() => pool.groups.put({ ...group, phase: 'deleting' }));
    pool.faults.reach('delete-group:intent');
    await dropGroup(pool, group);
    pool.faults.reach('delete-group:commit');
  });
}

/** @throws GrpcStatusError NOT_FOUND, INVALID_ARGUMENT where the ids are not those of the group */
export function getGroup(pool: HostPathPool, id: string, snapshotIds: readonly string[]): SnapshotGroup {
  const group = pool.groups.get(id);
  if (group?.phase !== 'ready') throw notFound('group snapshot', id);
  checkMembers(group, snapshotIds);
  return withSnapshots(pool, group);
}

/** Removes what there is of a group. */
export async function dropGroup(pool: HostPathPool, group: GroupRecord): Promise<void> {
  for (const { snapshotId } of group.members) {
    const snapshot = pool.snapshots.get(snapshotId);
    if (snapshot === undefined) continue;
    await dropSnapshot(pool, snapshot);
    pool.faults.reach('delete-group:member');
  }
  await pool.groups.remove(group);
}

function withSnapshots(pool: HostPathPool, group: GroupRecord): SnapshotGroup {
  return { group, snapshots: group.members.map(({ snapshotId }) => readySnapshot(pool, snapshotId)) };
}

/** A caller that knows the members names all of them. */
function checkMembers(group: GroupRecord, snapshotIds: readonly string[]): void {
  const members = group.members.map(({ snapshotId }) => snapshotId);
  if (snapshotIds.length > 0 && !isSame(members, snapshotIds)) {
    throw invalidArgument({ field: 'snapshot_ids', reason: `are not the snapshots of group '${group.id}'` });
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  const set = new Set(other);
  return one.length === set.size && one.every((id) => set.has(id));
}
