import { execFileSync } from 'node:child_process';
import { ftruncateSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { paxOf, rawTar } from '../testing/raw-tar.js';
import type { RawMember } from '../testing/raw-tar.js';
import { readTar } from './read-tar.js';
import { TarInvalid } from './tar-header.js';
import type { TarHeader } from './tar-header.js';

/** In pieces of a size that meets no border. */
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = async (bytes: Buffer, size = 333): Promise<(TarHeader & { readonly content: Buffer })[]> => {
  const found: (TarHeader & { readonly content: Buffer })[] = [];
  for await (const { header, content } of readTar(pieces(bytes, size))) {
    const parts: Buffer[] = [];
    for await (const some of content) parts.push(typeof some === 'number' ? Buffer.alloc(some) : some);
    found.push({ ...header, content: Buffer.concat(parts) });
  }
  return found;
};
const one = async (member: RawMember) => (await read(rawTar([member])))[0];
const gnu = (member: RawMember): RawMember => ({ ...member, patches: { 257: 'ustar  \0', ...member.patches } });

describe('readTar', () => {
  it('keeps names and attributes byte for byte', async () => {
    const members = await read(
      rawTar([{ name: 'caf\xe9' }, { name: 'caf\xe8', pax: { 'SCHILY.xattr.a': '\x00\xff\n=' } }]),
    );
    expect(members.map(({ name }) => name)).toEqual(['caf\xe9', 'caf\xe8']);
    expect(members[1]?.attributes).toEqual(new Map([['a', Buffer.from([0, 0xff, 0x0a, 0x3d])]]));
  });

  it('obeys extended headers, those of all members less than those of one', async () => {
    const all = {
      name: 'g',
      flag: 'g',
      content: paxOf([
        ['uid', '5'],
        ['mtime', '1'],
      ]),
    };
    const pax = { uid: '3000000', gid: '0', mtime: '8589934592.25', path: 'long/name', size: '3' };
    const [first, second] = await read(
      rawTar([all, { name: 'short', pax, content: 'abc', patches: { 124: '00000000000' } }, { name: 'next' }]),
    );
    expect(first).toMatchObject({ name: 'long/name', uid: 3_000_000n, gid: 0n, size: 3 });
    expect(first?.modified).toEqual({ seconds: 8_589_934_592n, nanoseconds: 250_000_000 });
    expect(first?.content.toString()).toBe('abc');
    expect(second).toMatchObject({ name: 'next', uid: 5n, modified: { seconds: 1n } });
  });

  it.each([
    ['-1', -1n, 0],
    ['-1.25', -2n, 750_000_000],
    ['0.0000000019', 0n, 1],
    ['1700000000.123456789', 1_700_000_000n, 123_456_789],
  ])('reads the time %s to the nanosecond', async (mtime, seconds, nanoseconds) => {
    expect((await one({ pax: { mtime } }))?.modified).toEqual({ seconds, nanoseconds });
  });

  it('reads numbers of both forms', async () => {
    const large = '\x80\x00\x00\x00\x00\x2d\xc6\xc0';
    expect(await one(gnu({ patches: { 108: large, 329: '0000010\0', 337: large } }))).toMatchObject({
      uid: 3_000_000n,
      major: 8n,
      minor: 3_000_000n,
    });
    expect((await one(gnu({ patches: { 136: '\xff'.repeat(12) } })))?.modified.seconds).toBe(-1n);
  });

  it('joins names of two fields, and takes long ones of GNU before others', async () => {
    expect((await one({ name: 'end', patches: { 345: 'begin/with' } }))?.name).toBe('begin/with/end');
    expect((await one(gnu({ name: 'end', patches: { 345: '00000000000' } })))?.name).toBe('end');
    const long = { flag: 'L', name: '././@LongLink', content: `${'n'.repeat(200)}\0` };
    const link = { flag: 'K', name: '././@LongLink', content: `${'l'.repeat(200)}\0` };
    const [member] = await read(rawTar([long, link, { name: 'n', flag: '2', pax: { path: 'other' } }]));
    expect([member?.name, member?.linkName]).toEqual(['n'.repeat(200), 'l'.repeat(200)]);
  });

  it('ends where the archive does', async () => {
    expect(await read(Buffer.alloc(0))).toEqual([]);
    expect(await read(rawTar([]))).toEqual([]);
    expect((await read(rawTar([{ name: 'a' }], 0))).length).toBe(1);
    expect((await read(rawTar([{ name: 'a' }], 512))).length).toBe(1);
    expect((await read(Buffer.concat([rawTar([{ name: 'a' }]), Buffer.from('garbage')]))).length).toBe(1);
    expect((await read(Buffer.concat([rawTar([{ name: 'a' }]), rawTar([{ name: 'b' }])]))).length).toBe(1);
  });

  it.each<[string, Buffer]>([
    ['a wrong sum', rawTar([{ name: 'a' }]).fill('b', 0, 1)],
    ['members follow its end', Buffer.concat([rawTar([{ name: 'a' }], 512), rawTar([{ name: 'b' }])])],
    ['ends in the middle', rawTar([{ name: 'a', content: 'x'.repeat(600) }], 0).subarray(0, 1200)],
    ['ends in the middle', rawTar([{ name: 'a' }]).subarray(0, 300)],
    ['no number', rawTar([{ patches: { 108: '00009zz' } }])],
    ['no time', rawTar([{ pax: { mtime: 'now' } }])],
    ["a 'uid' that is no number", rawTar([{ pax: { uid: '1e3' } }])],
    ['extended header cannot be read', rawTar([{ flag: 'x', content: '9999 a=b\n' }, {}])],
    ['extended header cannot be read', rawTar([{ flag: 'x', content: '6 a=bc\n' }, {}])],
    ['extended header cannot be read', rawTar([{ flag: 'x', content: '5 =b\n' }, {}])],
    ['more than 1048576 bytes', rawTar([{ flag: 'x', content: Buffer.alloc(1024 * 1024 + 1) }, {}])],
    ["unknown type 'M'", rawTar([{ flag: 'M' }])],
    ['size that nothing can have', rawTar([gnu({ patches: { 124: '\xff'.repeat(12) } })])],
    ["star's form", rawTar([{ pax: { 'SCHILY.realsize': '5' } }])],
    [
      "GNU's form 2.0",
      rawTar([{ pax: { 'GNU.sparse.major': '2', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '5' } }]),
    ],
    ['does not fit', rawTar([{ pax: { 'GNU.sparse.map': '0,4', 'GNU.sparse.size': '3' }, content: 'abcd' }])],
    ['does not fit', rawTar([{ pax: { 'GNU.sparse.map': '4,4,0,4', 'GNU.sparse.size': '9' }, content: 'abcdabcd' }])],
    ['does not fit', rawTar([{ pax: { 'GNU.sparse.map': '0,2', 'GNU.sparse.size': '9' }, content: 'abcd' }])],
  ])('refuses what has %s', async (reason, bytes) => {
    await expect(read(bytes)).rejects.toThrow(TarInvalid);
    await expect(read(bytes)).rejects.toThrow(reason);
  });

  const hasTar = ((): boolean => {
    try {
      return execFileSync('tar', ['--version'], { encoding: 'utf8' }).includes('GNU tar');
    } catch {
      return false;
    }
  })();
  it.skipIf(!hasTar).each([
    ['gnu', []],
    ['posix', ['--sparse-version=0.0']],
    ['posix', ['--sparse-version=0.1']],
    ['posix', ['--sparse-version=1.0']],
  ])('fills the holes of files as GNU tar writes them: %s %s', async (format, options) => {
    const home = mkdtempSync(join(tmpdir(), 'kw-sparse-'));
    try {
      const name = `with-${'long'.repeat(30)}`;
      const expected = Buffer.alloc(3_000_000);
      const file = openSync(join(home, name), 'w');
      for (let at = 4096; at < expected.length; at += 100 * 4096) {
        expected.write(`at ${at}`, at);
        writeSync(file, `at ${at}`, at);
      }
      ftruncateSync(file, expected.length);
      closeSync(file);
      const bytes = execFileSync('tar', ['-c', '-S', `--format=${format}`, ...options, '-C', home, name], {
        maxBuffer: 1e8,
      });
      expect(bytes.length).toBeLessThan(expected.length / 2);
      const [member] = await read(bytes, 1000);
      expect(member?.name).toBe(name);
      expect(member?.content.equals(expected)).toBe(true);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
