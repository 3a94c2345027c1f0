import { chmod, link, lstat, mkdir, mkdtemp, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '@kubewright/core';
import { grpcErrors } from '../errors/grpc-errors.js';
import { probeSocket } from './probe-socket.js';
import { takeOverLock } from './take-over-lock.js';

/** The longest socket path of Linux (`sun_path` less its NUL), in bytes. */
const longestPath = 107;
/** A name may be taken and given up while we look; after this many times somebody else is at fault. */
const attempts = 5;

export interface UnixSocketOptions {
  /** The socket's permissions. Default: 0600. */
  readonly mode?: number;
  /** The permissions of directories that have to be made. Default: 0750. */
  readonly directoryMode?: number;
}

/**
 * The file of a served unix socket. It comes to be under a private directory beside its final place, gets its permissions
 * there, and is then linked to its name: nobody can connect before, and no other mode is ever to be seen.
 */
export class UnixSocketFile {
  readonly path: string;
  readonly #inode: bigint;

  private constructor(path: string, inode: bigint) {
    this.path = path;
    this.#inode = inode;
  }

  /**
   * @param listen - listens on the path it is given, which is not `path`; the caller closes what it opened when this
   *   method throws.
   * @throws SOCKET_PATH_TOO_LONG, SOCKET_IN_USE (somebody answers there), NOT_A_SOCKET
   */
  static async bind(
    path: string,
    options: UnixSocketOptions,
    listen: (path: string) => Promise<void>,
  ): Promise<UnixSocketFile> {
    const directory = dirname(path);
    const bytes = Math.max(Buffer.byteLength(path), Buffer.byteLength(join(directory, '.kw-XXXXXX/s')));
    if (bytes > longestPath) throw grpcErrors.SOCKET_PATH_TOO_LONG({ path, bytes, limit: longestPath });
    await mkdir(directory, { recursive: true, mode: options.directoryMode ?? 0o750 });
    const hideout = await mkdtemp(join(directory, '.kw-')); // made with mode 0700
    try {
      await refuseWhatIsNotStale(path);
      const made = join(hideout, 's');
      await listen(made);
      await chmod(made, options.mode ?? 0o600);
      const { ino } = await lstat(made, { bigint: true });
      await place(made, path);
      return new UnixSocketFile(path, ino);
    } finally {
      await rm(hideout, { recursive: true, force: true });
    }
  }

  /** Removes the file, unless another server has taken its place. */
  async remove(): Promise<void> {
    try {
      const { ino } = await lstat(this.path, { bigint: true });
      if (ino === this.#inode) await unlink(this.path);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

/** Gives the socket its name. A link, unlike a rename, never replaces a file that came in between. */
async function place(made: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await link(made, path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST') || attempt === attempts) throw error;
      await removeStale(path);
    }
  }
}

/** Only one process at a time decides that a socket is dead and removes it: what it probed is then what it removes. */
async function removeStale(path: string): Promise<void> {
  const lock = await takeOverLock(path);
  try {
    await refuseWhatIsNotStale(path);
    await rm(path, { force: true });
  } finally {
    lock.close();
  }
}

async function refuseWhatIsNotStale(path: string): Promise<void> {
  const state = await probeSocket(path);
  if (state === 'other') throw grpcErrors.NOT_A_SOCKET({ path });
  if (state === 'served') throw grpcErrors.SOCKET_IN_USE({ path });
}
