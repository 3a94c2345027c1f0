import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bindMount, detectCgroups, readMounts, setPropagation } from '@kubewright/linux';
import type { ProgramOutput, ProgramRunner, RunOptions } from '../programs/program-runner.js';

/**
 * Runs programs where the version 2 tree of a hybrid machine is not mounted: crun refuses such machines otherwise. On other
 * machines programs run as they are.
 *
 * The place is a mount namespace that is kept under `directory`; `shared` are directories whose mounts are seen there too.
 *
 * @returns what to put before a command.
 */
export async function hideUnifiedCgroups(
  programs: ProgramRunner,
  directory: string,
  shared: readonly string[],
): Promise<readonly string[]> {
  const { version, unified } = await detectCgroups();
  if (version !== 'hybrid' || unified === undefined) return [];
  const keeper = join(directory, 'keep');
  const file = join(keeper, 'mnt');
  await mkdir(keeper, { recursive: true, mode: 0o700 });
  const prefix = ['nsenter', `--mount=${file}`, '--'];
  const mounts = await readMounts();
  const isMounted = (path: string): boolean => mounts.some(({ mountPoint }) => mountPoint === path);
  if (isMounted(file)) return prefix;
  for (const path of shared) {
    if (!isMounted(path)) await bindMount({ source: path, target: path });
    await setPropagation(path, 'shared');
  }
  // A namespace cannot be kept on a mount that would be passed on into it.
  if (!isMounted(keeper)) await bindMount({ source: keeper, target: keeper });
  await setPropagation(keeper, 'private');
  if ((await stat(file).catch(() => undefined)) === undefined) await writeFile(file, '');
  await programs.run('unshare', [`--mount=${file}`, '--propagation', 'slave', '--', 'umount', unified]);
  return prefix;
}

/** Runs every program behind a prefix. */
export class PrefixedPrograms implements ProgramRunner {
  readonly #programs: ProgramRunner;
  readonly #prefix: readonly string[];

  constructor(programs: ProgramRunner, prefix: readonly string[]) {
    this.#programs = programs;
    this.#prefix = prefix;
  }

  run(program: string, args: readonly string[], options?: RunOptions): Promise<ProgramOutput> {
    const [first, ...rest] = this.#prefix;
    if (first === undefined) return this.#programs.run(program, args, options);
    return this.#programs.run(first, [...rest, program, ...args], options);
  }
}
