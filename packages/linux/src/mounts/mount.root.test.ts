import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cgroupLayout } from '../cgroups/layout.js';
import { Cgroup } from '../cgroups/cgroup.js';
import { FileLock } from '../files/flock.js';
import { writeFileDurably } from '../files/durable.js';
import { spawnProcess } from '../processes/spawn-process.js';
import { getExtendedAttribute, makeNode, setExtendedAttribute } from '../files/special.js';
import { privileged } from '../testing/temporary-namespace.js';
import { mountOf, readMounts } from './mount-info.js';
import { bindMount, mount, setPropagation, unmount } from './mount.js';

describe.skipIf(!privileged())('mounts and files (needs root)', () => {
  let directory: string;
  let target: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mount-'));
    target = join(directory, 'a b');
    mkdirSync(target);
    await mount({ fileSystem: 'tmpfs', source: 'tmpfs', target, options: ['noSuid', 'noDev'], data: 'size=1m' });
  });

  afterAll(async () => {
    while (await unmount(target, { detach: true }));
    rmSync(directory, { recursive: true });
  });

  it('mounts with options that the table shows', async () => {
    await setPropagation(target, 'private');
    const found = mountOf(await readMounts(), join(target, 'x'));
    expect(found).toMatchObject({ mountPoint: target, fileSystem: 'tmpfs' });
    expect(found?.options).toEqual(expect.arrayContaining(['nosuid', 'nodev']));
  });

  it('binds read-only and unmounts, and says false for what is not mounted', async () => {
    const bound = join(directory, 'bound');
    mkdirSync(bound);
    await bindMount({ source: target, target: bound, options: ['readOnly'] });
    expect(() => writeFileSync(join(bound, 'x'), '')).toThrow(/EROFS/);
    expect(await unmount(bound)).toBe(true);
    expect(await unmount(bound)).toBe(false);
    expect(await unmount(join(directory, 'nothing'))).toBe(false);
  });

  it('names call, target and errno of a failure', async () => {
    await expect(mount({ fileSystem: 'nofs', source: 'x', target })).rejects.toThrow(
      /mount on '.*a b' failed with ENODEV/,
    );
  });

  it('makes device nodes and sets extended attributes', () => {
    const node = join(directory, 'whiteout');
    makeNode(node, { type: 'character' });
    expect(existsSync(node)).toBe(true);
    setExtendedAttribute(node, 'trusted.test', Buffer.from('y'.repeat(300)));
    expect(getExtendedAttribute(node, 'trusted.test')?.length).toBe(300);
    expect(getExtendedAttribute(node, 'trusted.none')).toBeUndefined();
  });

  it('makes, fills, empties and removes a control group', async () => {
    const layout = cgroupLayout(await readMounts());
    const path = `/kubewright-test-${process.pid}`;
    const group = new Cgroup(layout, path);
    await group.create();
    const everywhere = layout.trees.map((tree) => join(tree, path));
    for (const one of everywhere) mkdirSync(one, { recursive: true });
    try {
      await group.setLimits({ memory: 64 * 1024 * 1024, pids: 10, cpuQuota: 50_000 });
      expect(await group.processes()).toEqual([]);
      expect((await group.events()).outOfMemoryKills).toBe(0);
      expect(await group.memoryUsage()).toBeGreaterThanOrEqual(0);
      const { pid, exited } = spawnProcess('sleep', ['1000'], { environment: { PATH: process.env['PATH'] } });
      await group.attach(pid);
      expect(await group.kill()).toBe(1);
      expect(await exited).toBe(137);
      expect(await group.kill()).toBe(0);
    } finally {
      await group.remove();
    }
    expect(everywhere.filter((one) => existsSync(one))).toEqual([]);
    expect(await group.kill()).toBe(0);
  });
});

describe.skipIf(process.platform !== 'linux')('files', () => {
  it('lets one holder at a time have a lock, and a waiting one can give up', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lock-'));
    const clock = new SystemClock();
    const path = join(directory, 'lock');
    const first = await FileLock.acquire(path, { clock });
    const gaveUp = FileLock.acquire(path, { clock, signal: AbortSignal.abort(new Error('enough')) });
    await expect(gaveUp).rejects.toThrow('enough');
    const second = FileLock.acquire(path, { clock });
    first.release();
    (await second).release();
    rmSync(directory, { recursive: true });
  });

  it('replaces a file whole and leaves nothing behind on failure', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'durable-'));
    const path = join(directory, 'file');
    await writeFileDurably(path, 'one', { temporary: 't' });
    await writeFileDurably(path, 'two', { temporary: 't' });
    mkdirSync(join(directory, 'taken'));
    await expect(writeFileDurably(join(directory, 'taken'), 'x', { temporary: 't' })).rejects.toThrow();
    expect(existsSync(join(directory, '.taken.t'))).toBe(false);
    rmSync(directory, { recursive: true });
  });
});
