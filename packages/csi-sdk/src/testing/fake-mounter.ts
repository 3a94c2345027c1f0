import { posix } from 'node:path';
import type { MountInfo } from '@kubewright/linux';
import { csiErrors } from '../errors.js';
import { treeAt } from '../mount/mount-table.js';
import type { FileSystemMount, MountRequest, Mounter, PathKind } from '../mount/mounter.js';

/**
 * Mounts and paths that exist only here. Paths have no symbolic links. A test makes sources with `create`, and kills a
 * mount with `corrupt`.
 */
export class FakeMounter implements Mounter {
  readonly #paths = new Map<string, PathKind>([['/', 'directory']]);
  readonly #corrupt = new Set<MountInfo>();
  readonly #table: MountInfo[] = [entry(1, '/', { device: '8:1', root: '/', fileSystem: 'ext4', source: '/dev/disk' })];
  #nextId = 2;

  mounts(): Promise<readonly MountInfo[]> {
    return Promise.resolve([...this.#table]);
  }

  bind({ source, target, options }: MountRequest): Promise<void> {
    const tree = treeAt(this.#table, source);
    if (tree === undefined) return Promise.reject(new Error(`nothing is mounted above ${source}`));
    this.#push(target, { ...tree, fileSystem: 'ext4', source: '/dev/disk' }, options.includes('readOnly'));
    return Promise.resolve();
  }

  mount({ source, target, fileSystem, options }: FileSystemMount): Promise<void> {
    this.#push(target, { device: `9:${this.#nextId}`, root: '/', fileSystem, source }, options.includes('readOnly'));
    return Promise.resolve();
  }

  unmount(target: string): Promise<boolean> {
    const index = this.#table.findLastIndex(({ mountPoint }) => mountPoint === target);
    if (index <= 0) return Promise.resolve(false);
    this.#table.splice(index, 1);
    return Promise.resolve(true);
  }

  kindOf(path: string): Promise<PathKind> {
    const top = this.#table.findLast(({ mountPoint }) => mountPoint === path);
    if (top !== undefined && this.#corrupt.has(top)) return Promise.resolve('corrupt');
    return Promise.resolve(this.#paths.get(path) ?? 'absent');
  }

  realPath(path: string): Promise<string> {
    return Promise.resolve(posix.normalize(path));
  }

  create(path: string, kind: 'directory' | 'file'): Promise<void> {
    for (let at = posix.dirname(path); at !== '/'; at = posix.dirname(at)) this.#paths.set(at, 'directory');
    this.#paths.set(path, kind);
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    const holds = [...this.#paths.keys()].some((other) => other.startsWith(`${path}/`));
    if (holds) return Promise.reject(csiErrors.TARGET_NOT_EMPTY({ path }));
    this.#paths.delete(path);
    return Promise.resolve();
  }

  /** Makes the topmost mount of a target answer as if its server were gone. */
  corrupt(target: string): void {
    const top = this.#table.findLast(({ mountPoint }) => mountPoint === target);
    if (top !== undefined) this.#corrupt.add(top);
  }

  #push(mountPoint: string, of: Pick<MountInfo, 'device' | 'root' | 'fileSystem' | 'source'>, readOnly: boolean): void {
    this.#table.push(entry(this.#nextId++, mountPoint, of, readOnly));
  }
}

function entry(
  id: number,
  mountPoint: string,
  of: Pick<MountInfo, 'device' | 'root' | 'fileSystem' | 'source'>,
  readOnly = false,
): MountInfo {
  const options = [readOnly ? 'ro' : 'rw'];
  return { id, parentId: 1, mountPoint, ...of, options, unbindable: false, superOptions: ['rw'] };
}
