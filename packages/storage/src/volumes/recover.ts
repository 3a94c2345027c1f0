import type { HostPathPool } from './host-path-pool.js';
import { dropGroup } from './groups.js';
import { dropSnapshot } from './snapshots.js';
import { dropVolume } from './volumes.js';

/**
 * Brings the pool to rest after a crash: what was being made is undone, because its caller asks again, and what was
 * being deleted is deleted. Doing it twice, or being killed in it, does no harm. @returns how many things were seen to.
 */
export async function recover(pool: HostPathPool): Promise<number> {
  const groups = pool.groups.all().filter(({ phase }) => phase !== 'ready');
  for (const group of groups) await dropGroup(pool, group);
  const snapshots = pool.snapshots.all().filter(({ phase }) => phase !== 'ready');
  for (const snapshot of snapshots) await dropSnapshot(pool, snapshot);
  const volumes = pool.volumes.all().filter(({ phase }) => phase !== 'ready');
  for (const volume of volumes) await dropVolume(pool, volume);
  const count = groups.length + snapshots.length + volumes.length;
  if (count > 0)
    pool.logger.warn('finished what an earlier run left', {
      volumes: volumes.length,
      snapshots: snapshots.length,
      groups: groups.length,
    });
  return count;
}
