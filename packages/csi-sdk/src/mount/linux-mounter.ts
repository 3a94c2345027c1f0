import { lstat, mkdir, open, realpath, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode, hasCode } from '@kubewright/core';
import { bindMount, mount, readMounts, unmount } from '@kubewright/linux';
import type { MountInfo } from '@kubewright/linux';
import { csiErrors } from '../errors.js';
import type { FileSystemMount, MountRequest, Mounter, PathKind } from './mounter.js';

/** What a file system answers whose server or device is gone. */
const corrupt = new Set(['ENOTCONN', 'ESTALE', 'EIO', 'EHOSTDOWN', 'ENODEV']);

/** Mounts of this machine, by system calls off the event loop. Needs CAP_SYS_ADMIN. */
export class LinuxMounter implements Mounter {
  mounts(): Promise<readonly MountInfo[]> {
    return readMounts();
  }

  bind({ source, target, options }: MountRequest): Promise<void> {
    return bindMount({ source, target, options });
  }

  mount(request: FileSystemMount): Promise<void> {
    return mount(request);
  }

  unmount(target: string, options: { readonly detach?: boolean } = {}): Promise<boolean> {
    return unmount(target, options);
  }

  async kindOf(path: string): Promise<PathKind> {
    try {
      const found = await lstat(path);
      if (found.isDirectory()) return 'directory';
      if (found.isFile()) return 'file';
      return found.isBlockDevice() || found.isCharacterDevice() ? 'device' : 'other';
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent';
      if (code !== undefined && corrupt.has(code)) return 'corrupt';
      throw error;
    }
  }

  async realPath(path: string, { parents = false }: { readonly parents?: boolean } = {}): Promise<string> {
    if (!parents) return realpath(path);
    try {
      return join(await realpath(dirname(path)), basename(path));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return path;
      throw error;
    }
  }

  async create(path: string, kind: 'directory' | 'file'): Promise<void> {
    await mkdir(kind === 'directory' ? path : dirname(path), { recursive: true, mode: 0o750 });
    if (kind === 'file') await (await open(path, 'a', 0o600)).close();
  }

  async remove(path: string): Promise<void> {
    const found = await lstat(path).catch(ignoreMissing);
    if (found === undefined) return;
    if (!found.isDirectory()) {
      if (found.isFile() && found.size > 0) throw csiErrors.TARGET_NOT_EMPTY({ path });
      await unlink(path).catch(ignoreMissing);
      return;
    }
    try {
      await rmdir(path);
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY')) throw csiErrors.TARGET_NOT_EMPTY({ path });
      ignoreMissing(error);
    }
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}
