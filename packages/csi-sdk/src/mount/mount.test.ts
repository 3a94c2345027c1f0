import { describe, expect, it } from 'vitest';
import { ScriptedCommands } from '../testing/scripted-commands.js';
import { FakeMounter } from '../testing/fake-mounter.js';
import { ensureBindMount } from './ensure-bind-mount.js';
import { ensureStaged } from './ensure-staged.js';
import { detectFileSystem, growFileSystem } from './file-system.js';
import { mountsAt } from './mount-table.js';
import { parseMountFlags } from './mount-options.js';
import { cleanupTarget } from './target.js';

async function mounter(): Promise<FakeMounter> {
  const made = new FakeMounter();
  await made.create('/data/volume', 'directory');
  await made.create('/data/other', 'directory');
  return made;
}

const bind = { source: '/data/volume', target: '/pods/one', kind: 'directory' } as const;
const count = async (on: FakeMounter, path: string): Promise<number> => mountsAt(await on.mounts(), path).length;

describe('ensureBindMount', () => {
  it('mounts once, however often it is called', async () => {
    const on = await mounter();
    expect([await ensureBindMount(on, bind), await ensureBindMount(on, bind)]).toEqual([true, false]);
    expect(await count(on, bind.target)).toBe(1);
  });

  it('reduces copies that were stacked on each other to one', async () => {
    const on = await mounter();
    await ensureBindMount(on, bind);
    for (let copy = 0; copy < 3; copy++) await on.bind({ ...bind, options: [] });
    await ensureBindMount(on, bind);
    expect(await count(on, bind.target)).toBe(1);
  });

  it('refuses a target that shows something else, or has other access', async () => {
    const on = await mounter();
    await ensureBindMount(on, bind);
    await expect(ensureBindMount(on, { ...bind, source: '/data/other' })).rejects.toThrow('should show');
    await expect(ensureBindMount(on, { ...bind, readOnly: true })).rejects.toThrow('read-only');
  });

  it('replaces a mount whose server is gone', async () => {
    const on = await mounter();
    await ensureBindMount(on, bind);
    on.corrupt(bind.target);
    expect(await ensureBindMount(on, bind)).toBe(true);
    expect(await on.kindOf(bind.target)).toBe('directory');
  });

  it('refuses a target of another kind', async () => {
    const on = await mounter();
    await on.create(bind.target, 'file');
    await expect(ensureBindMount(on, bind)).rejects.toThrow('is a file and should be a directory');
  });
});

describe('cleanupTarget', () => {
  it('takes everything off, deletes the target, and does nothing the second time', async () => {
    const on = await mounter();
    await ensureBindMount(on, bind);
    await on.bind({ ...bind, options: [] });
    await cleanupTarget(on, bind.target);
    await cleanupTarget(on, bind.target);
    expect([await count(on, bind.target), await on.kindOf(bind.target)]).toEqual([0, 'absent']);
  });

  it('leaves a directory alone that holds files', async () => {
    const on = await mounter();
    await on.create('/pods/one/precious', 'file');
    await expect(cleanupTarget(on, '/pods/one')).rejects.toThrow('holds files');
  });
});

describe('ensureStaged', () => {
  const stage = { device: '/dev/sdx', target: '/staging', mountFlags: ['noatime', 'data=ordered'] };
  const blank = (line: string): { status: number; output: string } | undefined =>
    line.startsWith('blkid') ? { status: 2, output: '' } : undefined;
  const holding = (output: string) => (line: string) => (line.startsWith('blkid') ? { status: 0, output } : undefined);

  it('formats a device that holds nothing, and mounts it once', async () => {
    const commands = new ScriptedCommands(blank);
    const on = await mounter();
    expect(await ensureStaged(on, commands, stage)).toBe(true);
    expect(await ensureStaged(on, commands, stage)).toBe(false);
    expect(commands.lines.filter((line) => line.startsWith('mkfs'))).toEqual(['mkfs.ext4 -q -F -m 0 /dev/sdx']);
  });

  it('never formats a device that holds something', async () => {
    for (const output of ['TYPE=xfs', 'PTTYPE=gpt']) {
      const commands = new ScriptedCommands(holding(output));
      await expect(ensureStaged(await mounter(), commands, stage)).rejects.toThrow('would destroy data');
      expect(commands.lines.some((line) => line.startsWith('mkfs'))).toBe(false);
    }
  });

  it('mounts what is formatted already', async () => {
    const commands = new ScriptedCommands(holding('TYPE=ext4'));
    await ensureStaged(await mounter(), commands, stage);
    expect(commands.lines).toHaveLength(1);
  });

  it('does not format for somebody who only reads', async () => {
    const readOnly = { ...stage, mountFlags: ['ro'] };
    await expect(ensureStaged(await mounter(), new ScriptedCommands(blank), readOnly)).rejects.toThrow('read-only');
  });
});

describe('file systems', () => {
  it('are told apart from partition tables and doubtful signatures', async () => {
    const answer = (status: number, output: string): ScriptedCommands =>
      new ScriptedCommands(() => ({ status, output }));
    expect(await detectFileSystem(answer(0, 'DEVNAME=/dev/x\nTYPE=xfs'), '/dev/x')).toBe('xfs');
    expect(await detectFileSystem(answer(0, 'PTTYPE=dos'), '/dev/x')).toBe('a partition table');
    expect(await detectFileSystem(answer(8, ''), '/dev/x')).toBe('several signatures');
  });

  it('grow by device or by mount point, and only where we know how', async () => {
    const commands = new ScriptedCommands();
    const mounted = { device: '/dev/x', mountPoint: '/m' };
    await growFileSystem(commands, { ...mounted, fileSystem: 'ext4' });
    await growFileSystem(commands, { ...mounted, fileSystem: 'xfs' });
    expect(commands.lines).toEqual(['resize2fs /dev/x', 'xfs_growfs /m']);
    await expect(growFileSystem(commands, { ...mounted, fileSystem: 'ntfs' })).rejects.toThrow('use one of ext2');
  });
});

it('mount flags are split into options of every mount and text for the file system', () => {
  expect(parseMountFlags(['ro,noatime', 'rw', 'data=ordered', 'discard'])).toEqual({
    options: ['readOnly', 'noAtime'],
    data: 'data=ordered,discard',
  });
});
