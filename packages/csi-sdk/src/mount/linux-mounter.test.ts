import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemCommands } from './commands.js';
import { ensureBindMount } from './ensure-bind-mount.js';
import { ensureStaged } from './ensure-staged.js';
import { growFileSystem } from './file-system.js';
import { LinuxMounter } from './linux-mounter.js';
import { mountsAt } from './mount-table.js';
import { cleanupTarget } from './target.js';
import { fileSystemUsage } from './usage.js';

const commands = new SystemCommands(new SystemClock());
const mounter = new LinuxMounter();
const mebibyte = 1024 * 1024;

/** CAP_SYS_RESOURCE, which root has on a machine of its own but not in most containers. */
async function mayResize(): Promise<boolean> {
  const effective = /^CapEff:\s*(\w+)/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${effective}`) & (1n << 24n)) !== 0n;
}

describe.skipIf(!privileged())('mounts of this machine', () => {
  let directory = '';
  beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'kw-mount-'))));
  afterEach(async () => {
    for (const name of ['target', 'staging', 'file']) {
      while (mountsAt(await mounter.mounts(), join(directory, name)).length > 0) {
        await mounter.unmount(join(directory, name), { detach: true });
      }
    }
    await rm(directory, { recursive: true });
  });

  it('shows a directory at a target, read-only where asked, and takes it away again', async () => {
    const source = join(directory, 'source');
    const target = join(directory, 'target');
    await mkdir(source);
    await writeFile(join(source, 'hello'), 'world');
    const request = { source, target, kind: 'directory', readOnly: true } as const;
    expect([await ensureBindMount(mounter, request), await ensureBindMount(mounter, request)]).toEqual([true, false]);
    expect(await readFile(join(target, 'hello'), 'utf8')).toBe('world');
    await expect(writeFile(join(target, 'new'), '')).rejects.toThrow('EROFS');
    await cleanupTarget(mounter, target);
    expect(await mounter.kindOf(target)).toBe('absent');
    expect(await readFile(join(source, 'hello'), 'utf8')).toBe('world');
  });

  it('formats, mounts and measures a device, and grows it where the kernel lets us', async () => {
    const image = join(directory, 'disk.img');
    const staging = join(directory, 'staging');
    const disk = await open(image, 'w');
    await disk.truncate(16 * mebibyte);
    const { output: device } = await commands.run('losetup', ['--find', '--show', image]);
    try {
      expect(await ensureStaged(mounter, commands, { device, target: staging })).toBe(true);
      expect(await ensureStaged(mounter, commands, { device, target: staging })).toBe(false);
      const before = (await fileSystemUsage(staging))[0]?.total ?? 0n;
      expect(before).toBeGreaterThan(0n);
      if (await mayResize()) {
        await disk.truncate(32 * mebibyte);
        await commands.run('losetup', ['--set-capacity', device]);
        await growFileSystem(commands, { device, mountPoint: staging, fileSystem: 'ext4' });
        expect((await fileSystemUsage(staging))[0]?.total ?? 0n).toBeGreaterThan(before);
      }
      await cleanupTarget(mounter, staging);
    } finally {
      await disk.close();
      await mounter.unmount(staging);
      await commands.run('losetup', ['--detach', device]);
    }
  });

  it('leaves a file alone that is not empty', async () => {
    const path = join(directory, 'file');
    await writeFile(path, 'precious');
    await expect(cleanupTarget(mounter, path)).rejects.toThrow('holds files');
    expect(await readFile(path, 'utf8')).toBe('precious');
  });
});
