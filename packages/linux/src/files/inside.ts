import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  readlinkSync,
} from 'node:fs';
import { relative } from 'node:path';
import { hasCode } from '@kubewright/core';
import { linuxErrors } from '../errors.js';
import { errnoName } from '../ffi/errno.js';
import { libc } from '../ffi/libc.js';
import { rootedPath } from './rooted-path.js';

/** From linux/openat2.h and asm-generic/fcntl.h; the number of the call is the same on all machines. */
const openat2 = 437;
const resolve = { noMagicLinks: 0x02, inRoot: 0x10 } as const;
const pathOnly = 0o10000000;
const closeOnExec = 0o2000000;
/** The kernel gives up where names are moved while it follows `..`; it is asked again. */
const mostAttempts = 64;
const missing = ['ENOENT', 'ENOTDIR'];

/**
 * Opens what `path` names for somebody whose root is `root`: links are followed, absolute ones from that root, and neither
 * `..` nor a name that is moved meanwhile leads out. What is found is not read from: a pipe or a device does nothing. The
 * caller closes the descriptor; `/proc/self/fd/N` names what is open.
 *
 * @param follow - also a link at the end of the path. Default: true.
 * @returns undefined where nothing is there.
 * @throws KW_LINUX_SYSCALL, with ELOOP where links go round in a circle; KW_LINUX_PATH_ESCAPE for a path with a zero byte.
 */
export function openInside(root: string, path: string, follow = true): number | undefined {
  if (path.includes('\0')) throw linuxErrors.PATH_ESCAPE({ root, path });
  const directory = openSync(root, pathOnly | constants.O_DIRECTORY);
  try {
    const how = Buffer.alloc(24);
    how.writeBigUInt64LE(BigInt(pathOnly | closeOnExec | (follow ? 0 : constants.O_NOFOLLOW)), 0);
    how.writeBigUInt64LE(BigInt(resolve.inRoot | resolve.noMagicLinks), 16);
    for (let attempts = 1; ; attempts++) {
      const { value, errno } = libc().attempt('openat2', openat2, directory, path === '' ? '.' : path, how, how.length);
      if (errno === 0) return value;
      const name = errnoName(errno);
      if (missing.includes(name)) return undefined;
      if ((name !== 'EAGAIN' && name !== 'EINTR') || attempts >= mostAttempts)
        throw linuxErrors.SYSCALL({ call: 'openat2', errno: name, target: `${root}:${path}` });
    }
  } finally {
    closeSync(directory);
  }
}

/**
 * The path from this process's root to what `path` names inside `root`, without links in it; undefined where nothing is
 * there. It is that of the moment: where others may move names, use `openInside`.
 */
export function pathInside(root: string, path: string): string | undefined {
  const descriptor = openInside(root, path);
  if (descriptor === undefined) return undefined;
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads a file inside `root`, where its content and kind are somebody else's choice.
 *
 * @returns undefined where nothing is there.
 * @throws KW_LINUX_FILE_REFUSED for what is no plain file or has more than `mostBytes`, and as `openInside`.
 */
export function readFileInside(root: string, path: string, mostBytes: number): Buffer | undefined {
  const found = openInside(root, path);
  if (found === undefined) return undefined;
  try {
    if (!fstatSync(found).isFile()) throw linuxErrors.FILE_REFUSED({ path, reason: 'is no plain file' });
    const file = openSync(`/proc/self/fd/${found}`, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return readAtMost(file, path, mostBytes);
    } finally {
      closeSync(file);
    }
  } finally {
    closeSync(found);
  }
}

function readAtMost(file: number, path: string, mostBytes: number): Buffer {
  const tooLarge = () => linuxErrors.FILE_REFUSED({ path, reason: `has more than ${mostBytes} bytes` });
  const { size } = fstatSync(file);
  if (size > mostBytes) throw tooLarge();
  // One byte more shows that it grew.
  const bytes = Buffer.alloc(size + 1);
  let length = 0;
  for (let read = 1; read > 0 && length < bytes.length; length += read)
    read = readSync(file, bytes, length, bytes.length - length, null);
  return bytes.subarray(0, Math.min(length, size));
}

/** How directories are made that are missing. */
export interface DirectoryInside {
  /** Of directories that are made. Default: 0755. */
  readonly mode?: number;
  /** Of directories that are made. Default: this process's. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * Makes a directory inside `root` with those above it, for somebody whose root that is: a link that leads to nothing yet
 * leads to a place inside. What is there stays as it is.
 *
 * @returns the path from this process's root to it, without links in it.
 * @throws KW_LINUX_FILE_REFUSED where something that is no directory is in the way, or somebody puts a link there meanwhile.
 */
export function makeDirectoryInside(root: string, path: string, { mode = 0o755, owner }: DirectoryInside = {}): string {
  const refused = (reason: string) => linuxErrors.FILE_REFUSED({ path, reason });
  if (path.includes('\0')) throw linuxErrors.PATH_ESCAPE({ root, path });
  // The element behind has links before it followed; what it is called does not matter.
  const resolved = rootedPath(root, `${path}/_`);
  if (resolved === undefined) throw refused('lies behind links that go round in a circle');
  const names = relative(root, resolved).split('/').filter(Boolean).slice(0, -1);
  let descriptor = openSync(root, pathOnly | constants.O_DIRECTORY);
  try {
    for (const name of names) {
      // From what is open to the next, and through no link: nobody can slip another tree in between.
      const next = `/proc/self/fd/${descriptor}/${name}`;
      const opened = openDirectory(next) ?? makeDirectory(next, mode, owner);
      closeSync(descriptor);
      descriptor = opened;
    }
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw refused(`cannot be made a directory: ${error.message}`);
  } finally {
    closeSync(descriptor);
  }
}

function openDirectory(path: string): number | undefined {
  try {
    return openSync(path, pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function makeDirectory(path: string, mode: number, owner: DirectoryInside['owner']): number {
  mkdirSync(path, { mode });
  const made = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  // The mask of the process must not take rights away that were asked for.
  if (owner !== undefined) fchownSync(made, owner.uid, owner.gid);
  fchmodSync(made, mode);
  return made;
}
