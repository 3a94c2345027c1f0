import { csiErrors } from '../errors.js';
import type { CommandOptions, Commands } from './commands.js';

type Options = Pick<CommandOptions, 'deadline' | 'signal'>;

/** blkid's answers: found, nothing found, and more than one thing found. */
const blkid = { found: 0, nothing: 2, ambivalent: 8 };

interface FileSystemTools {
  /** Program and arguments that make one; the device follows. */
  readonly make: readonly [string, ...string[]];
  readonly grow: (device: string, mountPoint: string) => readonly [string, ...string[]];
}

const extended = (version: string): FileSystemTools => ({
  make: [`mkfs.${version}`, '-q', '-F', '-m', '0'],
  grow: (device) => ['resize2fs', device],
});
const tools: Readonly<Record<string, FileSystemTools>> = {
  ext2: extended('ext2'),
  ext3: extended('ext3'),
  ext4: extended('ext4'),
  xfs: { make: ['mkfs.xfs', '-q'], grow: (_device, mountPoint) => ['xfs_growfs', mountPoint] },
  btrfs: {
    make: ['mkfs.btrfs', '-q'],
    grow: (_device, mountPoint) => ['btrfs', 'filesystem', 'resize', 'max', mountPoint],
  },
};

/**
 * What a device holds: the name of a file system, `a partition table`, `several signatures`, or undefined for nothing.
 * It is read from the device itself, not from a cache.
 */
export async function detectFileSystem(
  commands: Commands,
  device: string,
  options: Options = {},
): Promise<string | undefined> {
  const accept = Object.values(blkid);
  const args = ['-p', '-o', 'export', '-s', 'TYPE', '-s', 'PTTYPE', device];
  const { status, output } = await commands.run('blkid', args, { ...options, accept });
  if (status === blkid.nothing) return undefined;
  if (status === blkid.ambivalent) return 'several signatures';
  return /^TYPE=(.+)$/m.exec(output)?.[1] ?? 'a partition table';
}

/** Makes a file system on a device that holds nothing. The caller has looked. @throws FILE_SYSTEM_UNKNOWN */
export async function makeFileSystem(
  commands: Commands,
  device: string,
  fileSystem: string,
  options: Options = {},
): Promise<void> {
  const [command, ...args] = toolsFor(fileSystem).make;
  await commands.run(command, [...args, device], options);
}

/** Grows a mounted file system to its device's size; one that is as large already stays. @throws FILE_SYSTEM_UNKNOWN */
export async function growFileSystem(
  commands: Commands,
  mounted: { readonly device: string; readonly mountPoint: string; readonly fileSystem: string },
  options: Options = {},
): Promise<void> {
  const [command, ...args] = toolsFor(mounted.fileSystem).grow(mounted.device, mounted.mountPoint);
  await commands.run(command, args, options);
}

function toolsFor(fileSystem: string): FileSystemTools {
  const found = Object.hasOwn(tools, fileSystem) ? tools[fileSystem] : undefined;
  if (found === undefined) throw csiErrors.FILE_SYSTEM_UNKNOWN({ fileSystem, known: Object.keys(tools) });
  return found;
}
