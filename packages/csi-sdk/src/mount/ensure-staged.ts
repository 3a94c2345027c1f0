import { csiErrors } from '../errors.js';
import type { CommandOptions, Commands } from './commands.js';
import { detectFileSystem, makeFileSystem } from './file-system.js';
import { parseMountFlags } from './mount-options.js';
import { isReadOnlyMount, mountsAt } from './mount-table.js';
import type { Mounter } from './mounter.js';
import { prepareTarget } from './target.js';

const defaultFileSystem = 'ext4';

export interface StageRequest extends Pick<CommandOptions, 'deadline' | 'signal'> {
  readonly device: string;
  readonly target: string;
  /** Empty for ext4. */
  readonly fileSystem?: string;
  /** As they came with the volume capability. */
  readonly mountFlags?: readonly string[];
}

/**
 * Mounts a device's file system at the staging path, making the file system where the device holds nothing at all. A
 * device that holds anything else is never formatted. Called again, it does nothing.
 *
 * @throws FILE_SYSTEM_MISMATCH, DEVICE_UNFORMATTED (read-only and blank), TARGET_CONFLICT, TARGET_KIND
 */
export async function ensureStaged(mounter: Mounter, commands: Commands, request: StageRequest): Promise<boolean> {
  const { options, data } = parseMountFlags(request.mountFlags ?? []);
  const fileSystem =
    request.fileSystem === undefined || request.fileSystem === '' ? defaultFileSystem : request.fileSystem;
  const readOnly = options.includes('readOnly');
  const device = await mounter.realPath(request.device);
  const target = await prepareTarget(mounter, request.target, 'directory');
  const top = mountsAt(await mounter.mounts(), target).at(-1);
  if (top !== undefined) {
    if (top.source === device && isReadOnlyMount(top) === readOnly) return false;
    const expected = `the file system of '${device}', ${readOnly ? 'read-only' : 'writable'}`;
    const found = `${top.source}, ${isReadOnlyMount(top) ? 'read-only' : 'writable'}`;
    throw csiErrors.TARGET_CONFLICT({ target, expected, found });
  }
  const found = await detectFileSystem(commands, device, request);
  if (found === undefined) {
    if (readOnly) throw csiErrors.DEVICE_UNFORMATTED({ device });
    await makeFileSystem(commands, device, fileSystem, request);
  } else if (found !== fileSystem) {
    throw csiErrors.FILE_SYSTEM_MISMATCH({ device, found, expected: fileSystem });
  }
  await mounter.mount({ source: device, target, fileSystem, options, ...(data === '' ? {} : { data }) });
  return true;
}
