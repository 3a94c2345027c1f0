import { mountsAt, mountsOfTree, treeAt } from '@kubewright/csi-sdk';
import type { MountedTree } from '@kubewright/csi-sdk';
import type { MountInfo } from '@kubewright/linux';
import type { VolumeRecord } from '../state/records.js';
import type { HostPathPool } from './host-path-pool.js';

/** Where a volume is shown on this node, as the kernel tells it. */
export interface VolumeUses {
  /** What is mounted: the directory with files, or the device; undefined for an image that has no device. */
  readonly tree: MountedTree | undefined;
  readonly device: string | undefined;
  readonly mounts: readonly MountInfo[];
  /** Mounts of parts of its directory, and mounts of other things that lie inside it. */
  readonly inside: readonly MountInfo[];
}

/** Looks a volume up in the mount table. Nothing of it is remembered, so nothing of it can be wrong after a crash. */
export async function usesOf(pool: HostPathPool, volume: VolumeRecord): Promise<VolumeUses> {
  const path = pool.volumeData.path(volume);
  const device = volume.access === 'block' ? await pool.loopDevices.find(path) : undefined;
  const table = await pool.mounter.mounts();
  const shown = volume.access === 'mount' ? path : device;
  const tree = shown === undefined ? undefined : treeAt(table, shown);
  const mounts = tree === undefined ? [] : mountsOfTree(table, tree);
  const inside = table.filter(
    (mount) =>
      mount.mountPoint.startsWith(`${path}/`) ||
      (mount.device === tree?.device && mount.root.startsWith(`${tree.root}/`)),
  );
  return { tree, device, mounts, inside };
}

/** Whether the topmost mount on a path shows this volume. */
export async function isShownAt(pool: HostPathPool, uses: VolumeUses, path: string): Promise<boolean> {
  if (!path.startsWith('/')) return false;
  const real = await pool.mounter.realPath(path, { parents: true });
  return mountsAt(uses.mounts, real).length > 0;
}
