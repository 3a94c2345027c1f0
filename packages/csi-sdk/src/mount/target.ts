import { csiErrors } from '../errors.js';
import type { Mounter } from './mounter.js';
import { mountsAt } from './mount-table.js';

/** A dead mount may lie on others that are dead too; more than this many is no accident. */
const deepestStack = 64;

/** Takes off mounts whose server or device is gone. @returns whether there were any. @throws UNMOUNT_STUCK */
export async function healCorruptMount(mounter: Mounter, path: string): Promise<boolean> {
  for (let healed = 0; healed < deepestStack; healed++) {
    if ((await mounter.kindOf(path)) !== 'corrupt') return healed > 0;
    await mounter.unmount(path, { detach: true });
  }
  throw csiErrors.UNMOUNT_STUCK({ target: path, attempts: deepestStack });
}

/**
 * Makes sure that there is something to mount over. @returns its path as the mount table has it. @throws TARGET_KIND
 */
export async function prepareTarget(mounter: Mounter, path: string, kind: 'directory' | 'file'): Promise<string> {
  await healCorruptMount(mounter, path);
  const found = await mounter.kindOf(path);
  if (found === 'absent') await mounter.create(path, kind);
  // A device that is mounted over a file shows as the device.
  else if (found !== kind && !(kind === 'file' && found === 'device')) {
    throw csiErrors.TARGET_KIND({ path, kind: found, expected: kind });
  }
  return mounter.realPath(path, { parents: true });
}

/**
 * Takes everything off a target and deletes it. Where nothing is there, nothing happens. Only what is empty is deleted:
 * a directory with files in it was not ours to remove.
 *
 * @throws TARGET_NOT_EMPTY, UNMOUNT_STUCK
 */
export async function cleanupTarget(mounter: Mounter, path: string): Promise<void> {
  await healCorruptMount(mounter, path);
  const target = await mounter.realPath(path, { parents: true });
  const stacked = mountsAt(await mounter.mounts(), target).length;
  for (let count = 0; count < stacked; count++) await mounter.unmount(target);
  if (stacked > 0 && mountsAt(await mounter.mounts(), target).length > 0) {
    throw csiErrors.UNMOUNT_STUCK({ target, attempts: stacked });
  }
  await mounter.remove(target);
}
