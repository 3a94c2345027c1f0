import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { LinuxContainerSecurityContextSchema, SupplementalGroupsPolicy } from '@kubewright/cri-sdk/v1';
import { makeNode } from '@kubewright/linux';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerUser } from './container-user.js';

describe.skipIf(process.platform !== 'linux')('containerUser', () => {
  let home: string;
  let root: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-user-'));
    root = join(home, 'root');
    await mkdir(join(root, 'etc'), { recursive: true });
    await writeFile(join(home, 'outside'), 'app:x:0:0::/:/bin/sh\n');
    await writeFile(
      join(root, 'etc/passwd'),
      [
        'root:x:0:0::/:/bin/sh',
        // A user that is called as another's number.
        '1000:x:0:0::/:/bin/sh',
        '+7:x:0:0::/:/bin/sh',
        '99999999999999999999:x:0:0::/:/bin/sh',
        'app:x:1000:1001::/:/bin/sh',
        'again:x:1000:0::/:/bin/sh',
        'app:x:0:0::/:/bin/sh',
        'broken:x:zero:0::/:/bin/sh',
        'huge:x:4294967296:0::/:/bin/sh',
        'short',
      ].join('\n'),
    );
    await writeFile(
      join(root, 'etc/group'),
      ['root:x:0:1000', '2000:x:0:', 'wheel:x:10:app,1000', 'wheel:x:0:', 'huge:x:4294967296:app'].join('\n'),
    );
  });
  afterEach(() => rm(home, { recursive: true }));

  const user = async (image: string, pod: MessageInitShape<typeof LinuxContainerSecurityContextSchema> = {}) => {
    const { uid, gid, additionalGids } = await containerUser(
      root,
      image,
      create(LinuxContainerSecurityContextSchema, pod),
    );
    return [uid, gid, ...additionalGids];
  };

  it.each([
    ['1000', [1000, 1001, 1001, 10]],
    ['01000', [1000, 1001, 1001, 10]],
    ['+7', [7, 0, 0]],
    ['0', [0, 0, 0]],
    ['00', [0, 0, 0]],
    ['-0', [0, 0, 0]],
    ['4294967294', [4294967294, 0, 0]],
    ['app', [1000, 1001, 1001, 10]],
    ['', [0, 0, 0]],
    [':wheel', [0, 10, 10]],
    ['1000:', [1000, 1001, 1001, 10]],
    ['app:2000', [1000, 2000, 2000, 10]],
    ['5:wheel', [5, 10, 10]],
    ['5:007', [5, 7, 7]],
  ])("takes '%s' of an image for the id that it says", async (text, expected) => {
    expect(await user(text)).toEqual(expected);
  });

  it.each(['4294967295', '4294967296', '18446744073709551616', '99999999999999999999', '-1', '-4294967296', '0:-1'])(
    "refuses '%s', which can be nobody's",
    async (text) => {
      await expect(user(text)).rejects.toThrow('KW_RUNTIME_USER_INVALID');
    },
  );

  it.each(['0x0', ' 0', '1e3', 'nobody', 'broken', 'huge', 'short', 'app:staff', 'app:huge', '1_000'])(
    "refuses '%s', which the image has not",
    async (text) => {
      await expect(user(text)).rejects.toThrow('KW_RUNTIME_USER_UNKNOWN');
    },
  );

  it('takes numbers of the pod as they are', async () => {
    expect(await user('root', { runAsUser: { value: 1000n } })).toEqual([1000, 1001, 1001, 10]);
    expect(await user('root', { runAsUser: { value: 1000n }, runAsGroup: { value: 2000n } })).toEqual([
      1000, 2000, 2000, 10,
    ]);
    expect(await user('root', { runAsUsername: '1000', supplementalGroups: [7n, 10n] })).toEqual([
      1000, 1001, 1001, 10, 7,
    ]);
    const supplementalGroupsPolicy = SupplementalGroupsPolicy.Strict;
    expect(await user('app', { supplementalGroupsPolicy, supplementalGroups: [7n] })).toEqual([1000, 1001, 1001, 7]);
  });

  it.each([
    { runAsUser: { value: -1n } },
    { runAsUser: { value: 2n ** 32n } },
    { runAsUser: { value: 1n }, runAsGroup: { value: 2n ** 32n } },
    { supplementalGroups: [-1n] },
    { supplementalGroups: [2n ** 32n] },
  ])('refuses numbers of the pod that can be nobody: case %#', async (pod) => {
    await expect(user('', pod)).rejects.toThrow('KW_RUNTIME_USER_INVALID');
  });

  it.each([
    ['an absolute link', '/nix/store/p', 'nix/store/p'],
    ['a relative link', '../nix/store/p', 'nix/store/p'],
    ['a link that climbs', '../../../../nix/store/p', 'nix/store/p'],
  ])('follows %s to the list of users inside the image', async (_name, link, target) => {
    await mkdir(join(root, 'nix/store'), { recursive: true });
    await writeFile(join(root, target), 'app:x:5:6::/:/bin/sh\n');
    await rm(join(root, 'etc/passwd'));
    await symlink(link, join(root, 'etc/passwd'));
    expect(await user('app')).toEqual([5, 6, 6, 10]);
  });

  it('never reads the list of users outside of the image', async () => {
    for (const link of [join(home, 'outside'), '../../outside', '/proc/self/root/etc/passwd']) {
      await rm(join(root, 'etc/passwd'));
      await symlink(link, join(root, 'etc/passwd'));
      await expect(user('app')).rejects.toThrow('KW_RUNTIME_USER_UNKNOWN');
    }
    await rm(join(root, 'etc'), { recursive: true });
    await mkdir(join(home, 'etc'));
    await writeFile(join(home, 'etc/passwd'), 'app:x:0:0::/:/bin/sh\n');
    await symlink(join(home, 'etc'), join(root, 'etc'));
    await expect(user('app')).rejects.toThrow('KW_RUNTIME_USER_UNKNOWN');
    expect(await user('5')).toEqual([5, 0, 0]);
  });

  const replacements: [string, (path: string) => Promise<void> | void][] = [
    ['a circle of links', (path) => symlink('passwd', path)],
    ['a directory', (path) => mkdir(path)],
    [
      'larger than any list',
      async (path) => {
        await writeFile(path, '');
        await truncate(path, 10 * 2 ** 30);
      },
    ],
  ];
  it.each(replacements)('says so where the list of users is %s', async (_name, replace) => {
    await rm(join(root, 'etc/passwd'));
    await replace(join(root, 'etc/passwd'));
    await expect(user('5')).rejects.toThrow('KW_RUNTIME_IMAGE_FILE_INVALID');
  });

  const nodes: [string, Parameters<typeof makeNode>[1]][] = [
    ['a pipe', { type: 'fifo' }],
    ['a device', { type: 'character', major: 1, minor: 5 }],
  ];
  it.skipIf(process.getuid?.() !== 0).each(nodes)('does not wait for %s in place of a list', async (_name, node) => {
    await rm(join(root, 'etc/group'));
    makeNode(join(root, 'etc/group'), node);
    await expect(user('5')).rejects.toThrow(/no plain file/);
  });
});
