import { posix } from 'node:path';
import { mountOf } from '@kubewright/linux';
import type { MountInfo } from '@kubewright/linux';

/** A directory or file of a file system, wherever it is mounted. */
export interface MountedTree {
  /** `major:minor`. */
  readonly device: string;
  /** The path inside the file system. */
  readonly root: string;
}

/** What stands behind a path that has no symbolic links in it. */
export function treeAt(table: readonly MountInfo[], path: string): MountedTree | undefined {
  const mount = mountOf(table, path);
  return mount && { device: mount.device, root: posix.join(mount.root, posix.relative(mount.mountPoint, path)) };
}

/** The mounts that show a tree, wherever they are; the lowest first. */
export function mountsOfTree(table: readonly MountInfo[], tree: MountedTree): readonly MountInfo[] {
  return table.filter((mount) => shows(mount, tree));
}

export function shows(mount: MountInfo, { device, root }: MountedTree): boolean {
  return mount.device === device && mount.root === root;
}

/** The mounts on a path, the lowest first. */
export function mountsAt(table: readonly MountInfo[], path: string): readonly MountInfo[] {
  return table.filter(({ mountPoint }) => mountPoint === path);
}

export function isReadOnlyMount(mount: MountInfo): boolean {
  return mount.options.includes('ro');
}
