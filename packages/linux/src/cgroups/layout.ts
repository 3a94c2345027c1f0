import { readFile } from 'node:fs/promises';
import { readMounts } from '../mounts/mount-info.js';
import type { MountInfo } from '../mounts/mount-info.js';

export interface CgroupLayout {
  readonly version: 'v1' | 'v2' | 'hybrid';
  /** Where the version 2 tree is mounted. */
  readonly unified?: string;
  /** Mount point by version 1 controller. */
  readonly controllers: ReadonlyMap<string, string>;
  /** Mount points of all trees, those without controllers among them, as systemd has one: OCI runtimes make groups in each. */
  readonly trees: readonly string[];
}

const versionOneControllers = new Set([
  'blkio',
  'cpu',
  'cpuacct',
  'cpuset',
  'devices',
  'freezer',
  'hugetlb',
  'memory',
  'misc',
  'net_cls',
  'net_prio',
  'perf_event',
  'pids',
  'rdma',
]);

/** The layout that a table of mounts shows. Version 1 without any controller, and no tree at all, count as `v1`. */
export function cgroupLayout(mounts: readonly MountInfo[]): CgroupLayout {
  const unified = mounts.find(({ fileSystem }) => fileSystem === 'cgroup2')?.mountPoint;
  const controllers = new Map<string, string>();
  for (const { fileSystem, superOptions, mountPoint } of mounts) {
    if (fileSystem !== 'cgroup') continue;
    for (const option of superOptions) {
      if (versionOneControllers.has(option) && !controllers.has(option)) controllers.set(option, mountPoint);
    }
  }
  const version = unified === undefined ? 'v1' : controllers.size > 0 ? 'hybrid' : 'v2';
  const trees = new Map<string, string>();
  // A tree may be mounted at further places, which only show some of it.
  for (const { fileSystem, device, mountPoint } of mounts)
    if (/^cgroup2?$/.test(fileSystem) && !trees.has(device)) trees.set(device, mountPoint);
  return { version, controllers, trees: [...trees.values()], ...(unified === undefined ? {} : { unified }) };
}

export async function detectCgroups(): Promise<CgroupLayout> {
  return cgroupLayout(await readMounts());
}

/** Where a process is, by controller; the empty name is the version 2 tree. From the text of `/proc/PID/cgroup`. */
export function parseProcessCgroups(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const controller of controllers.split(',')) found.set(controller, path);
  }
  return found;
}

export async function processCgroups(pid: number | 'self'): Promise<ReadonlyMap<string, string>> {
  return parseProcessCgroups(await readFile(`/proc/${pid}/cgroup`, 'utf8'));
}
