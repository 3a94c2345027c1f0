import { describe, expect, it } from 'vitest';
import { parseMountInfo } from '../mounts/mount-info.js';
import { Cgroup } from './cgroup.js';
import { cgroupLayout, parseProcessCgroups } from './layout.js';
import { limitWrites, parseCounters, sharesToWeight } from './limits.js';

const v2 = '30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw';
const v1 = [
  '31 22 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
  '32 22 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
  '33 22 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd',
].join('\n');

describe('cgroupLayout', () => {
  it('knows version 2, version 1 and both together', () => {
    expect(cgroupLayout(parseMountInfo(v2))).toMatchObject({ version: 'v2', unified: '/sys/fs/cgroup' });
    expect(cgroupLayout(parseMountInfo(v1)).version).toBe('v1');
    const hybrid = cgroupLayout(parseMountInfo(`${v2}\n${v1}`));
    expect(hybrid.version).toBe('hybrid');
    expect(hybrid.trees).toHaveLength(4);
    expect([...hybrid.controllers]).toEqual([
      ['cpu', '/sys/fs/cgroup/cpu,cpuacct'],
      ['cpuacct', '/sys/fs/cgroup/cpu,cpuacct'],
      ['memory', '/sys/fs/cgroup/memory'],
    ]);
  });

  it('reads where a process is', () => {
    const found = parseProcessCgroups('4:cpu,cpuacct:/a\n0::/b:c\n');
    expect([...found]).toEqual([
      ['cpu', '/a'],
      ['cpuacct', '/a'],
      ['', '/b:c'],
    ]);
  });
});

describe('Cgroup', () => {
  const layout = cgroupLayout(parseMountInfo(v1));

  it('has a directory per controller', () => {
    expect(new Cgroup(layout, '/kubewright/pod').directory('memory')).toBe('/sys/fs/cgroup/memory/kubewright/pod');
  });

  it('says which controller the machine lacks', () => {
    expect(() => new Cgroup(layout, '/x').directory('pids')).toThrow(/'pids' is not available in the v1 hierarchy/);
  });

  it('does not leave the tree', () => {
    expect(() => new Cgroup(layout, '../../../etc')).toThrow(/leaves/);
  });
});

describe('limitWrites', () => {
  const limits = { memory: 1024, cpuShares: 1024, cpuQuota: 50_000, pids: 'max' as const };

  it('speaks version 2', () => {
    expect(limitWrites(limits, true).map(({ file, value }) => `${file}=${value}`)).toEqual([
      'memory.max=1024',
      'cpu.weight=39',
      'cpu.max=50000 100000',
      'pids.max=max',
    ]);
  });

  it('speaks version 1, where no limit is -1', () => {
    expect(
      limitWrites({ ...limits, memory: 'max', cpuQuota: 'max' }, false).map(({ file, value }) => `${file}=${value}`),
    ).toEqual([
      'memory.limit_in_bytes=-1',
      'cpu.shares=1024',
      'cpu.cfs_period_us=100000',
      'cpu.cfs_quota_us=-1',
      'pids.max=max',
    ]);
  });

  it('keeps weights in range', () => {
    expect([sharesToWeight(0), sharesToWeight(2), sharesToWeight(262_144), sharesToWeight(1e9)]).toEqual([
      1, 1, 10_000, 10_000,
    ]);
  });
});

describe('parseCounters', () => {
  it('reads names and numbers', () => {
    expect([...parseCounters('low 0\noom_kill 2\n')]).toEqual([
      ['low', 0],
      ['oom_kill', 2],
    ]);
  });
});
