import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { DeviceSchema } from '@kubewright/cri-sdk/v1';
import { Code } from '@kubewright/grpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostDevices } from './host-devices.js';

describe.skipIf(process.getuid?.() !== 0)('hostDevices (needs root)', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-dev-'));
  });
  afterEach(() => rm(home, { recursive: true }));
  const at = (...names: string[]): string => join(home, ...names);
  const asked = (...devices: { hostPath: string; containerPath?: string; permissions?: string }[]) =>
    hostDevices(devices.map((device) => create(DeviceSchema, device)));

  it('gives all devices of a directory and below it, and follows no link in it', async () => {
    for (const name of ['d', 'd/sub', 'd/pts']) await mkdir(at(name));
    execFileSync('mknod', [at('d/two'), 'c', '231', '192']);
    execFileSync('mknod', [at('d/sub/one'), 'b', '7', '300']);
    execFileSync('mknod', [at('d/pts/0'), 'c', '136', '0']);
    await writeFile(at('d/file'), '');
    await symlink('/dev/kmsg', at('d/link'));
    await symlink('/dev', at('d/all'));
    await symlink(at('d'), at('named'));
    const found = await asked({ hostPath: at('named'), containerPath: '/dev/infiniband/', permissions: 'rw' });
    expect(found).toMatchObject([
      { device: { path: '/dev/infiniband/sub/one', type: 'b', major: 7, minor: 300 }, access: 'rw' },
      { device: { path: '/dev/infiniband/two', type: 'c', major: 231, minor: 192 }, access: 'rw' },
    ]);
  });

  it('follows a link that is named, and takes the last of two for one place', async () => {
    await symlink('/dev/null', at('link'));
    const found = await asked(
      { hostPath: '/dev/zero', containerPath: '/dev/it' },
      { hostPath: at('link'), containerPath: '/dev//it', permissions: 'r' },
    );
    expect(found).toMatchObject([{ device: { path: '/dev/it', major: 1, minor: 3 }, access: 'r' }]);
  });

  it('refuses what is no device and has none, and permissions that are none', async () => {
    await mkdir(at('empty'));
    await writeFile(at('file'), '');
    for (const hostPath of [at('empty'), at('file'), at('absent')])
      await expect(asked({ hostPath })).rejects.toThrow('as a device');
    const refused = { status: Code.INVALID_ARGUMENT };
    await expect(asked({ hostPath: '/dev/null', permissions: 'rx' })).rejects.toMatchObject(refused);
  });

  it('refuses a directory that holds more than devices could be in', async () => {
    await expect(asked({ hostPath: '/' })).rejects.toMatchObject({ code: 'KW_RUNTIME_NOT_SUPPORTED' });
  });
});
