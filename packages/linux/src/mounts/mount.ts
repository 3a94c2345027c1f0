/**
 * Mounts: the calls, and the table of what is mounted. The calls run on the thread pool, since a network file system may
 * keep them waiting. They follow symbolic links in the target as the kernel does: a caller that is given a path by
 * somebody else resolves it with `resolveInside` first.
 */
import { linuxErrors } from '../errors.js';
import { libc } from '../ffi/libc.js';
import { mountFlag, unmountFlag } from './flags.js';

export type MountOption = Exclude<keyof typeof mountFlag, 'remount' | 'bind' | 'move' | 'recursive' | Propagation>;
export type Propagation = 'private' | 'slave' | 'shared' | 'unbindable';

export interface MountSpec {
  readonly fileSystem: string;
  /** A device, a server, or a name that only shows in the table. */
  readonly source: string;
  readonly target: string;
  readonly options?: readonly MountOption[];
  /** The file system's own options, as `size=64m`; separated by commas. */
  readonly data?: string;
}

/** Mounts a file system. @throws KW_LINUX_SYSCALL with the target and the errno. */
export async function mount(spec: MountSpec): Promise<void> {
  await call(spec.source, spec.target, spec.fileSystem, flagsOf(spec.options ?? []), spec.data ?? null);
}

/**
 * Shows `source` at `target` as well. Options other than its source's need a second step, which this does.
 *
 * @param bind - `recursive`: with the mounts below it. Default: false.
 */
export async function bindMount(bind: {
  readonly source: string;
  readonly target: string;
  readonly recursive?: boolean;
  readonly options?: readonly MountOption[];
}): Promise<void> {
  const recursive = bind.recursive === true ? mountFlag.recursive : 0;
  await call(bind.source, bind.target, 'none', mountFlag.bind | recursive, null);
  if (bind.options === undefined || bind.options.length === 0) return;
  try {
    await remount(bind.target, bind.options, { bindOnly: true });
  } catch (error) {
    // A mount that is writable although it was to be read-only must not stay.
    await unmount(bind.target, { detach: true });
    throw error;
  }
}

/** Gives a mount other options. `bindOnly`: those of this mount, not of the file system. Default: true. */
export async function remount(
  target: string,
  options: readonly MountOption[],
  { bindOnly = true, data }: { readonly bindOnly?: boolean; readonly data?: string } = {},
): Promise<void> {
  const flags = mountFlag.remount | (bindOnly ? mountFlag.bind : 0) | flagsOf(options);
  await call('none', target, 'none', flags, data ?? null);
}

/** Says whether mounts below `target` are passed to, and taken from, its other copies. */
export async function setPropagation(target: string, propagation: Propagation, recursive = false): Promise<void> {
  await call('none', target, 'none', mountFlag[propagation] | (recursive ? mountFlag.recursive : 0), null);
}

export async function moveMount(source: string, target: string): Promise<void> {
  await call(source, target, 'none', mountFlag.move, null);
}

/**
 * Takes the topmost mount off. Symbolic links at the end of the path are not followed.
 *
 * @param options - `detach`: out of sight at once, gone when unused; `force`: for a server that does not answer.
 * @returns false where nothing is mounted there, or nothing is there at all.
 */
export async function unmount(
  target: string,
  options: { readonly detach?: boolean; readonly force?: boolean } = {},
): Promise<boolean> {
  const flags =
    unmountFlag.noFollow |
    (options.detach === true ? unmountFlag.detach : 0) |
    (options.force === true ? unmountFlag.force : 0);
  const c = libc();
  try {
    await c.callLater('umount2', target, target, flags);
    return true;
  } catch (error) {
    if (isNotMounted(error)) return false;
    throw error;
  }
}

function isNotMounted(error: unknown): boolean {
  return linuxErrors.SYSCALL.is(error) && ['EINVAL', 'ENOENT'].includes(error.details.errno);
}

function flagsOf(options: readonly MountOption[]): number {
  return options.reduce((flags, option) => flags | mountFlag[option], 0);
}

async function call(
  source: string,
  target: string,
  fileSystem: string,
  flags: number,
  data: string | null,
): Promise<void> {
  await libc().callLater('mount', target, source, target, fileSystem, flags, data);
}
