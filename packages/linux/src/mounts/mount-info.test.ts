import { describe, expect, it } from 'vitest';
import { mountOf, parseMountInfo } from './mount-info.js';

const fixture = [
  '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro',
  '30 22 0:26 / /proc rw,nosuid - proc proc rw',
  String.raw`41 22 0:40 /sub\040dir /mnt/a\040b\011c\134d\303\251 ro,noexec shared:7 master:3 propagate_from:2 - tmpfs tmp\012fs rw,size=1024k`,
  '42 41 0:41 / /mnt/un rw unbindable - tmpfs none rw',
  '43 22 0:42 /cut off',
  '',
].join('\n');

describe('parseMountInfo', () => {
  const mounts = parseMountInfo(fixture);

  it('reads every whole line and leaves out the one that is cut short', () => {
    expect(mounts.map(({ id }) => id)).toEqual([22, 30, 41, 42]);
  });

  it('undoes the escapes, also of bytes that make one character', () => {
    expect(mounts[2]).toEqual({
      id: 41,
      parentId: 22,
      device: '0:40',
      root: '/sub dir',
      mountPoint: '/mnt/a b\tc\\dé',
      options: ['ro', 'noexec'],
      shared: 7,
      master: 3,
      unbindable: false,
      fileSystem: 'tmpfs',
      source: 'tmp\nfs',
      superOptions: ['rw', 'size=1024k'],
    });
  });

  it('reads a line without optional fields and one that is unbindable', () => {
    expect(mounts[1]).not.toHaveProperty('shared');
    expect(mounts[3]?.unbindable).toBe(true);
  });

  it('finds the mount of a path by whole path elements', () => {
    expect(mountOf(mounts, '/mnt/un/deep')?.id).toBe(42);
    expect(mountOf(mounts, '/mnt/under')?.id).toBe(22);
    expect(mountOf(mounts, '/proc')?.id).toBe(30);
  });
});
