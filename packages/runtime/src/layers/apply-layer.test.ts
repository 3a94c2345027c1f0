import { lstat, mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { getExtendedAttribute } from '@kubewright/linux';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../image-spec/digest.js';
import { rawTar } from '../testing/raw-tar.js';
import type { RawMember } from '../testing/raw-tar.js';
import { tarOf } from '../testing/tar.js';
import type { TarEntry } from '../testing/tar.js';
import { applyLayer } from './apply-layer.js';
import { defaultLayerLimits } from './layer-limits.js';

describe.skipIf(process.getuid?.() !== 0)('applyLayer (needs root)', () => {
  let home: string;
  let root: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-layer-'));
    root = join(home, 'a/root');
    await mkdir(root, { recursive: true });
    await writeFile(join(home, 'outside'), 'untouched');
  });
  afterEach(() => rm(home, { recursive: true }));

  const signal = new AbortController().signal;
  const halves = (bytes: Buffer, pack: (half: Buffer) => Buffer): Buffer =>
    Buffer.concat([pack(bytes.subarray(0, 1000)), pack(bytes.subarray(1000))]);
  /** A frame of zstd that holds something else. */
  const other = Buffer.from('\x5a\x2a\x4d\x18\x03\0\0\0abc', 'latin1');
  const apply = async (entries: readonly TarEntry[], pack = (bytes: Buffer): Buffer => bytes) => {
    const archive = join(home, 'archive');
    await writeFile(archive, pack(await tarOf(entries)));
    return applyLayer(archive, root, { name: 'test', signal });
  };

  const applyRaw = async (members: readonly RawMember[]) => {
    const archive = join(home, 'archive');
    await writeFile(archive, rawTar(members));
    return applyLayer(archive, root, { name: 'test', signal });
  };

  it.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
    ['gzip of two members', (bytes: Buffer) => halves(bytes, gzipSync)],
    ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
    [
      'zstd of many frames with others between them',
      (bytes: Buffer) => Buffer.concat([other, halves(bytes, zstdCompressSync), other, other, zstdCompressSync('')]),
    ],
    [
      'zstd with sums of its frames',
      (bytes: Buffer) =>
        halves(bytes, (half) => zstdCompressSync(half, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })),
    ],
  ])('unpacks %s, with owners, modes, times, links and attributes', async (_name, pack) => {
    const mtime = new Date('2020-01-02T03:04:05Z');
    const entries: TarEntry[] = [
      { name: 'bin/', type: 'directory', mode: 0o751, uid: 5, mtime },
      {
        name: 'bin/su',
        content: 'x'.repeat(200_000),
        mode: 0o4755,
        uid: 1,
        gid: 2,
        mtime,
        pax: { 'SCHILY.xattr.user.a': 'b' },
      },
      { name: 'bin/same', type: 'link', linkname: 'bin/su' },
      { name: 'link', type: 'symlink', linkname: '/bin/su' },
      { name: 'deep/er/file', content: 'y' },
      { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 },
    ];
    const { diffId, size } = await apply(entries, pack);
    expect(diffId).toBe(digestOf(await tarOf(entries)));
    expect(size).toBe(200_001);
    const su = await lstat(join(root, 'bin/su'));
    expect([su.mode & 0o7777, su.uid, su.gid, su.nlink, su.mtime]).toEqual([0o4755, 1, 2, 2, mtime]);
    expect(await readlink(join(root, 'link'))).toBe('/bin/su');
    expect((await stat(join(root, 'bin'))).mtime).toEqual(mtime);
    expect(getExtendedAttribute(join(root, 'bin/su'), 'user.a')?.toString()).toBe('b');
    expect((await lstat(join(root, 'null'))).isCharacterDevice()).toBe(true);
  });

  it('turns whiteouts into those of overlayfs', async () => {
    await apply([
      { name: 'etc/.wh.passwd', content: '' },
      { name: 'var/.wh..wh..opq', content: '' },
      { name: 'var/.wh..wh.plnk', content: '' },
    ]);
    const gone = await lstat(join(root, 'etc/passwd'));
    expect([gone.isCharacterDevice(), gone.rdev]).toEqual([true, 0]);
    expect(getExtendedAttribute(join(root, 'var'), 'trusted.overlay.opaque')?.toString()).toBe('y');
  });

  it('invariant 14: follows links only inside the layer', async () => {
    await apply([
      { name: 'usr/lib/', type: 'directory' },
      { name: 'lib', type: 'symlink', linkname: '/usr/lib' },
      { name: 'lib/inside', content: '1' },
      { name: 'up', type: 'symlink', linkname: '../../../..' },
      { name: 'up/outside', content: 'written' },
      { name: 'abs', type: 'symlink', linkname: home },
      { name: `abs/outside`, content: 'written' },
    ]);
    expect(await readFile(join(root, 'usr/lib/inside'), 'utf8')).toBe('1');
    expect(await readFile(join(root, 'outside'), 'utf8')).toBe('written');
    expect(await readFile(join(home, 'outside'), 'utf8')).toBe('untouched');
  });

  it.each<[string, TarEntry[]]>([
    ["leads out of the layer with '..'", [{ name: '../outside', content: 'x' }]],
    ["links out of the layer with '..'", [{ name: 'x', type: 'link', linkname: '../../outside' }]],
    ['which the layer does not have', [{ name: 'x', type: 'link', linkname: '/etc/hostname' }]],
    [
      'round in a circle',
      [
        { name: 'a', type: 'symlink', linkname: 'b' },
        { name: 'b', type: 'symlink', linkname: 'a' },
        { name: 'a/x', content: '' },
      ],
    ],
    ["is overlayfs' own", [{ name: 'x', content: '', pax: { 'SCHILY.xattr.trusted.overlay.opaque': 'y' } }]],
    ['removes nothing', [{ name: '.wh...', content: '' }]],
    [
      'below something that is no directory',
      [
        { name: 'f', content: '' },
        { name: 'f/x', content: '' },
      ],
    ],
  ])('refuses what %s', async (reason, entries) => {
    await expect(apply(entries)).rejects.toThrow(reason);
    expect(await readFile(join(home, 'outside'), 'utf8')).toBe('untouched');
  });

  it('keeps what archives say in bytes, and to the nanosecond', async () => {
    // cap_setuid, for root of the first user namespace.
    const capability = '\x01\x00\x00\x02\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00';
    await applyRaw([
      { name: 'caf\xe9', content: '1' },
      { name: 'caf\xe8', content: '2' },
      { name: 'caf\xe8-too', flag: '1', linkName: 'caf\xe8' },
      { name: 'to', flag: '2', linkName: 'caf\xe9' },
      { name: 'ping', pax: { 'SCHILY.xattr.security.capability': capability, uid: '3000000' } },
      { name: 'late', pax: { mtime: '8589934592.123456789' } },
      { name: 'early', flag: '5', pax: { mtime: '-1.5' } },
      { name: 'holes', content: 'end', pax: { 'GNU.sparse.map': '5,3', 'GNU.sparse.size': '10' } },
    ]);
    const names = (await readdir(Buffer.from(root), { encoding: 'buffer' })).map((name) => name.toString('latin1'));
    expect(names.toSorted()).toEqual(
      ['caf\xe8', 'caf\xe8-too', 'caf\xe9', 'early', 'holes', 'late', 'ping', 'to'].toSorted(),
    );
    expect(await readFile(join(root, 'holes'))).toEqual(Buffer.from('\0\0\0\0\0end\0\0'));
    expect(getExtendedAttribute(join(root, 'ping'), 'security.capability')?.toString('latin1')).toBe(capability);
    expect((await stat(join(root, 'ping'))).uid).toBe(3_000_000);
    expect((await stat(join(root, 'late'), { bigint: true })).mtimeNs).toBe(8_589_934_592_123_456_789n);
    expect((await stat(join(root, 'early'), { bigint: true })).mtimeNs).toBe(-1_500_000_000n);
    expect((await readlink(Buffer.from(join(root, 'to')), { encoding: 'buffer' })).toString('latin1')).toBe('caf\xe9');
  });

  it('gives no time to a directory outside that a link leads to which took the place of one inside', async () => {
    await mkdir(join(home, 'victim/d'), { recursive: true });
    const before = (await stat(join(home, 'victim/d'))).mtimeMs;
    await applyRaw([
      { name: 'a/d/', flag: '5', pax: { mtime: '1' } },
      { name: 'a', flag: '2', linkName: join(home, 'victim') },
    ]);
    expect(await readlink(join(root, 'a'))).toBe(join(home, 'victim'));
    expect((await stat(join(home, 'victim/d'))).mtimeMs).toBe(before);
  });

  it('keeps a link to itself, and passes over notes of an old storage driver', async () => {
    await applyRaw([
      { name: 'a', content: '1' },
      { name: './a', flag: '1', linkName: 'a' },
      { name: '.wh..wh.plnk/1', content: 'x' },
      { name: '.wh..wh.aufs' },
    ]);
    expect(await readdir(root)).toEqual(['a']);
  });

  it.each<[string, RawMember[]]>([
    ['which can be nobody', [{ name: 'x', pax: { uid: '4294967295' } }]],
    ['which can be nobody', [{ name: 'x', flag: '5', pax: { gid: '-1' } }]],
    ['a name with a zero byte', [{ name: 'x', pax: { path: 'a\0b' } }]],
    ['a name with a zero byte', [{ name: 'x', flag: '2', pax: { linkpath: 'a\0b' } }]],
    ['the place of the root', [{ name: './', flag: '2', linkName: 'x' }]],
    ["a name that begins with '.wh.'", [{ name: '.wh.x/y' }]],
    ['which the layer does not have before it', [{ name: 'x', flag: '1', linkName: 'later' }, { name: 'later' }]],
    ['which none has', [{ name: 'x', flag: '3', patches: { 257: 'ustar  \0', 337: '\x80\0\0\0\0\xff\xff\xff' } }]],
    ["'x' has holes in star's form", [{ name: 'x', pax: { 'SCHILY.realsize': '5' } }]],
  ])('refuses %s', async (reason, members) => {
    await expect(applyRaw(members)).rejects.toThrow(reason);
  });

  it('counts holes as what they are to those who read them', async () => {
    const holes = { 'GNU.sparse.major': '0', 'GNU.sparse.minor': '1', 'GNU.sparse.size': String(2 ** 40) };
    await expect(applyRaw([{ name: 'x', pax: holes }])).rejects.toThrow('KW_RUNTIME_LAYER_TOO_LARGE');
  });

  it('refuses bombs, garbage and what is cut short', async () => {
    const bomb = gzipSync(await tarOf([{ name: 'x', content: Buffer.alloc(300_000) }]));
    const archive = join(home, 'archive');
    await writeFile(archive, bomb);
    const options = { name: 'test', signal };
    const bytes = { ...defaultLayerLimits, bytes: 100_000 };
    await expect(applyLayer(archive, root, { ...options, limits: bytes })).rejects.toThrow(/more than 100000 bytes/);
    const entries = { ...defaultLayerLimits, entries: 0 };
    await expect(applyLayer(archive, root, { ...options, limits: entries })).rejects.toThrow(/more than 0 entries/);
    await writeFile(archive, bomb.subarray(0, bomb.length / 2));
    await expect(applyLayer(archive, root, options)).rejects.toThrow(/cannot be read/);
    const packed = zstdCompressSync(await tarOf([{ name: 'x', content: 'y' }]));
    for (const wrong of [packed.subarray(0, -3), Buffer.concat([packed, Buffer.from('more')])]) {
      await writeFile(archive, wrong);
      await expect(applyLayer(archive, root, options)).rejects.toThrow(/cannot be read/);
    }
    await writeFile(archive, Buffer.alloc(5_000, 'garbage'));
    await expect(applyLayer(archive, root, options)).rejects.toThrow(/cannot be read/);
  });
});
