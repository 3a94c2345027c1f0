import { readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupLayout } from '@kubewright/linux';

/** What the processes of a control group have open. */
export interface ProcessUsage {
  readonly processes: bigint;
  readonly threads: bigint;
  readonly files: bigint;
  readonly sockets: bigint;
}

/** Looks at each process of a group. Those that end meanwhile do not count. */
export async function readProcesses(layout: CgroupLayout, path: string): Promise<ProcessUsage> {
  const root = layout.version === 'v2' ? layout.unified : layout.controllers.get('cpuacct');
  const text = await readFile(join(root ?? '/sys/fs/cgroup', path, 'cgroup.procs'), 'utf8').catch(() => '');
  const each = await Promise.all(text.split('\n').filter(Boolean).map(readProcess));
  const sum = (key: 'threads' | 'files' | 'sockets'): bigint =>
    BigInt(each.reduce((total, one) => total + one[key], 0));
  return { processes: BigInt(each.length), threads: sum('threads'), files: sum('files'), sockets: sum('sockets') };
}

async function readProcess(pid: string): Promise<{ threads: number; files: number; sockets: number }> {
  const list = (directory: string): Promise<string[]> => readdir(`/proc/${pid}/${directory}`).catch(() => []);
  const [threads, files] = await Promise.all([list('task'), list('fd')]);
  const targets = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
  const sockets = targets.filter((target) => target.startsWith('socket:'));
  return { threads: threads.length, files: files.length, sockets: sockets.length };
}

/** How many files a process may have open. */
export async function openFilesLimit(pid: number): Promise<bigint | undefined> {
  const text = await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => '');
  const found = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  return found === undefined ? undefined : BigInt(found);
}
