/**
 * Control groups: which hierarchy the machine has, and groups with limits in it. Version 2 is one tree; version 1 is a tree
 * per controller; a hybrid has both, and its version 2 tree carries no controllers.
 */
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { hasCode } from '@kubewright/core';
import { linuxErrors } from '../errors.js';
import { joinInside } from '../files/paths.js';
import type { CgroupLayout } from './layout.js';
import { limitWrites, parseCounters } from './limits.js';
import type { CgroupLimits } from './limits.js';

const controllers = ['cpu', 'cpuset', 'memory', 'pids'] as const;
type Controller = (typeof controllers)[number];

export interface CgroupEvents {
  /** How many processes the kernel killed for want of memory. */
  readonly outOfMemoryKills: number;
  /** How often the limit was met. Version 1 does not tell apart: its count of failures. */
  readonly memoryLimitHits: number;
}

/** A control group, at one path in every tree that has controllers. */
export class Cgroup {
  readonly #layout: CgroupLayout;
  readonly #directories: ReadonlyMap<Controller, string>;
  readonly #everywhere: readonly string[];

  /** @param path - from the root of the tree, as `/kubewright/pod-1`. It cannot leave the tree. */
  constructor(layout: CgroupLayout, path: string) {
    this.#layout = layout;
    const found = new Map<Controller, string>();
    for (const controller of controllers) {
      const root = layout.version === 'v2' ? layout.unified : layout.controllers.get(controller);
      if (root !== undefined) found.set(controller, joinInside(root, path));
    }
    this.#directories = found;
    this.#everywhere = layout.trees.map((root) => joinInside(root, path));
  }

  /** Makes the group, its parents, and in version 2 hands the controllers down to it. It may be there already. */
  async create(): Promise<void> {
    for (const directory of this.#all()) {
      if (this.#layout.version === 'v2' && this.#layout.unified !== undefined)
        await delegate(this.#layout.unified, directory);
      await mkdir(directory, { recursive: true });
      if (directory === this.#directories.get('cpuset') && this.#layout.version !== 'v2')
        await inheritCpuset(directory);
    }
  }

  /** Moves a process in, with all its threads. Children that it starts later are in too. */
  async attach(pid: number): Promise<void> {
    for (const directory of this.#all()) await writeFile(join(directory, 'cgroup.procs'), String(pid));
  }

  async setLimits(limits: CgroupLimits): Promise<void> {
    const unified = this.#layout.version === 'v2';
    for (const { controller, file, value } of limitWrites(limits, unified)) {
      await writeFile(join(this.directory(controller), file), value);
    }
  }

  async processes(): Promise<number[]> {
    const [directory] = [...this.#all()];
    if (directory === undefined) return [];
    const text = await readFile(join(directory, 'cgroup.procs'), 'utf8');
    return text.split('\n').filter(Boolean).map(Number);
  }

  async events(): Promise<CgroupEvents> {
    const directory = this.directory('memory');
    if (this.#layout.version === 'v2') {
      const counters = parseCounters(await readFile(join(directory, 'memory.events'), 'utf8'));
      return { outOfMemoryKills: counters.get('oom_kill') ?? 0, memoryLimitHits: counters.get('max') ?? 0 };
    }
    const control = parseCounters(await readFile(join(directory, 'memory.oom_control'), 'utf8'));
    const failures = await readFile(join(directory, 'memory.failcnt'), 'utf8');
    return { outOfMemoryKills: control.get('oom_kill') ?? 0, memoryLimitHits: Number(failures) };
  }

  /** Bytes in use. */
  async memoryUsage(): Promise<number> {
    const file = this.#layout.version === 'v2' ? 'memory.current' : 'memory.usage_in_bytes';
    return Number(await readFile(join(this.directory('memory'), file), 'utf8'));
  }

  /**
   * Kills what is in the group, in version 2 also what is in groups below it. Processes are gone a little later, and may have
   * started others meanwhile. @returns how many there were; 0 where the group is not there.
   */
  async kill(): Promise<number> {
    const found = await this.processes().catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENODEV')) throw error;
      return [];
    });
    if (found.length === 0) return 0;
    if (this.#layout.version === 'v2') {
      const [directory = ''] = this.#all();
      // Since Linux 5.14; nothing of version 1 has it. What it does not reach is killed below.
      await writeFile(join(directory, 'cgroup.kill'), '1', { flag: 'r+' }).catch(() => undefined);
    }
    found.filter((pid) => pid > 0).forEach(killProcess);
    return found.length;
  }

  /** Removes the group from all trees. Its processes must have ended; where it is not there, nothing happens. */
  async remove(): Promise<void> {
    for (const directory of this.#everywhere) {
      await rmdir(directory).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw error;
      });
    }
  }

  /** The directory of one controller. @throws KW_LINUX_NO_CGROUP where the machine does not have it. */
  directory(controller: Controller): string {
    const found = this.#directories.get(controller);
    if (found === undefined) throw linuxErrors.NO_CGROUP({ controller, layout: this.#layout.version });
    return found;
  }

  #all(): ReadonlySet<string> {
    return new Set(this.#directories.values());
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** In version 2 a group has the controllers that its parent lists, and so on up to the root. */
async function delegate(root: string, directory: string): Promise<void> {
  const elements = relative(root, dirname(directory)).split(sep).filter(Boolean);
  let current = root;
  for (const element of ['', ...elements]) {
    current = join(current, element);
    await mkdir(current, { recursive: true });
    for (const controller of controllers) {
      // One that the machine lacks must not keep the others away.
      await writeFile(join(current, 'cgroup.subtree_control'), `+${controller}`).catch(() => undefined);
    }
  }
}

/** In version 1 a new cpuset is empty and takes no process until it is filled, from the top down. */
async function inheritCpuset(directory: string): Promise<void> {
  const parent = dirname(directory);
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const own = await readFile(join(directory, file), 'utf8');
    if (own.trim() !== '') continue;
    const inherited = await readFile(join(parent, file), 'utf8');
    if (inherited.trim() === '') await inheritCpuset(parent);
    await writeFile(join(directory, file), await readFile(join(parent, file), 'utf8'));
  }
}
