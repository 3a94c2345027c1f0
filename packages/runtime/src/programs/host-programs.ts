import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '@kubewright/core';
import { bindMount, detectCgroups, mountOf, readMounts, setPropagation } from '@kubewright/linux';
import { SystemPrograms } from './program-runner.js';
import type { ProgramOutput, ProgramRunner, RunOptions } from './program-runner.js';

/**
 * Runs programs where the version 2 tree of a hybrid machine is not mounted: crun refuses such machines otherwise. On other
 * machines programs run as they are.
 *
 * The place is a mount namespace that is kept under `directory`; `shared` are directories whose mounts are seen there too.
 *
 * @returns what to put before a command.
 */
async function hideUnifiedCgroups(
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
  // What containers pass on to the machine goes through, but that this tree is gone must not: its parent is made private.
  const script = 'mount --make-private "$1" && umount "$2"';
  const parent = mountOf(mounts, dirname(unified))?.mountPoint ?? '/';
  const hide = ['--', 'sh', '-c', script, 'sh', parent, unified];
  await programs.run('unshare', [`--mount=${file}`, '--propagation', 'unchanged', ...hide]);
  return prefix;
}

export interface HostProgramsOptions {
  /** As in `ContainerRuntimeOptions`. */
  readonly root: string;
  readonly state: string;
  readonly clock: Clock;
}

/**
 * Programs run where OCI runtimes can work: as they are, and on hybrid machines where the version 2 tree is hidden. It finds
 * out with the first use.
 */
export class HostPrograms implements ProgramRunner {
  readonly #system: SystemPrograms;
  readonly #options: HostProgramsOptions;
  #prefix: Promise<readonly string[]> | undefined;

  constructor(options: HostProgramsOptions) {
    this.#options = options;
    this.#system = new SystemPrograms(options.clock);
  }

  /** What to put before a command that is started by others. */
  prefix(): Promise<readonly string[]> {
    const { root, state } = this.#options;
    return (this.#prefix ??= hideUnifiedCgroups(this.#system, join(state, 'host'), [root, state]));
  }

  async run(program: string, args: readonly string[], options?: RunOptions): Promise<ProgramOutput> {
    const [first = program, ...rest] = [...(await this.prefix()), program, ...args];
    return this.#system.run(first, rest, options);
  }
}
