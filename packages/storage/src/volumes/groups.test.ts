import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock, SystemRandom, silentLogger } from '@kubewright/core';
import { Code } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';
import type { FaultPoint } from '../state/fault-points.js';
import { createGroup, deleteGroup } from './groups.js';
import { openPool } from './host-path-pool.js';
import { createVolume } from './volumes.js';

async function open() {
  const root = await mkdtemp(join(tmpdir(), 'kw-pool-'));
  const watched = { reached: (_point: FaultPoint): void => {} };
  const services = { clock: new SystemClock(), random: new SystemRandom(), logger: silentLogger };
  const faults = { reach: (point: FaultPoint) => watched.reached(point) };
  const pool = await openPool({ root, nodeId: 'node-1', faults }, services);
  const dispose = (): Promise<void> => rm(root, { recursive: true });
  const request = { access: 'mount', capacity: undefined, mutable: {} } as const;
  return { pool, watched, request, [Symbol.asyncDispose]: dispose };
}

describe('a group of snapshots', () => {
  it('is not deleted while a volume is made from a member', async () => {
    await using world = await open();
    const { pool, watched, request } = world;
    const { id: volumeId } = await createVolume(pool, { ...request, name: 'data' });
    const { group, snapshots } = await createGroup(pool, 'monday', [volumeId]);
    const source = { kind: 'snapshot', id: snapshots[0]?.id ?? '' } as const;
    let deletion: Promise<unknown> | undefined;
    watched.reached = (point) => {
      if (point === 'create-volume:intent') deletion = deleteGroup(pool, group.id, []).catch((error: unknown) => error);
    };
    expect(await createVolume(pool, { ...request, name: 'restored', source })).toMatchObject({ phase: 'ready' });
    expect(await deletion).toMatchObject({ status: Code.ABORTED });
    watched.reached = () => {};
    await deleteGroup(pool, group.id, []);
    expect(pool.snapshots.all()).toEqual([]);
  });
});

describe('an ephemeral volume', () => {
  it('is no other that somebody gave its name', async () => {
    await using world = await open();
    const { pool, request } = world;
    const { id } = await createVolume(pool, { ...request, name: 'ephemeral/csi-1' });
    const own = createVolume(pool, { ...request, name: 'ephemeral/csi-1', ephemeralId: 'csi-1' });
    await expect(own).rejects.toMatchObject({ status: Code.ALREADY_EXISTS });
    expect(pool.volumes.all().map((volume) => volume.id)).toEqual([id]);
  });
});

describe('the size of a volume', () => {
  it('is not more than a file can be made of exactly', async () => {
    await using world = await open();
    const { pool } = world;
    expect((await openPool({ ...pool.options, maxVolumeBytes: 1n << 60n }, pool)).maxVolumeBytes).toBe(
      (1n << 53n) - 1n,
    );
  });
});
