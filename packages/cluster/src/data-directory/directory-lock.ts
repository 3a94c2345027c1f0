import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@kubewright/core';

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with the same pid, as the first process of a container always has; empty where the system does not say. */
  readonly startedAt: string;
}

/** Keeps other processes out of a directory. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Takes the file `lock` of a directory, with this process in it. A lock whose process has died is taken over. It rests on
 * everybody's good will; what must not be corrupted, as a database, has a lock of its own besides.
 *
 * @returns the lock, or the pid of the living process that holds it.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock | number> {
  const path = join(directory, 'lock');
  const own: Holder = { pid: process.pid, startedAt: await startOf(process.pid) };
  const draft = join(directory, `lock.${process.pid}`);
  await writeFile(draft, JSON.stringify(own), { mode: 0o600 });
  const lock: DirectoryLock = { release: () => unlink(path).catch(() => undefined) };
  try {
    // A link cannot replace a file, so of two processes one gets it; and whoever reads the file finds it complete.
    await link(draft, path);
    await unlink(draft);
    return lock;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  const holder = await readHolder(path);
  if (holder !== undefined && (await isAlive(holder))) {
    await unlink(draft);
    return holder.pid;
  }
  await rename(draft, path);
  return lock;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
    return Number.isInteger(found.pid) ? { pid: found.pid as number, startedAt: found.startedAt ?? '' } : undefined;
  } catch {
    return undefined; // Half-written by a machine that lost its power, or released just now.
  }
}

async function isAlive({ pid, startedAt }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (!hasCode(error, 'EPERM')) return false;
  }
  const now = await startOf(pid);
  return startedAt === '' || now === '' || startedAt === now;
}

/** When a process started, in ticks since the machine did: field 22 of /proc/PID/stat, counted after the name in parentheses. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
