import { describe, expect, it } from 'vitest';
import { linuxErrors } from '../errors.js';
import { errnoName, errnoNumber } from './errno.js';
import { libc, loadLibc } from './libc.js';

describe('loadLibc', () => {
  it('refuses another operating system by name', () => {
    expect(() => loadLibc('darwin', 'arm64', () => ({}))).toThrow(/need Linux, and this is darwin/);
  });

  it('says that the binary is missing and keeps the cause', () => {
    const cause = new Error('no such module');
    try {
      loadLibc('linux', 'mips', () => {
        throw cause;
      });
      expect.unreachable();
    } catch (error) {
      expect(linuxErrors.UNSUPPORTED.is(error)).toBe(true);
      expect((error as Error).cause).toBe(cause);
      expect((error as Error).message).toContain('linux-mips');
    }
  });
});

describe.skipIf(process.platform !== 'linux')('Libc', () => {
  it('reports errno of a synchronous call', () => {
    expect(libc().attempt('close', 99_999)).toEqual({ value: -1, errno: errnoNumber('EBADF') });
  });

  it('reports errno of a call on another thread', async () => {
    expect(await libc().attemptLater('close', 99_999)).toEqual({ value: -1, errno: errnoNumber('EBADF') });
  });

  it('names call, target and errno in the error', async () => {
    await expect(libc().callLater('umount2', '/nowhere', '/nowhere', 0)).rejects.toThrow(
      /umount2 on '\/nowhere' failed with (ENOENT|EPERM)/,
    );
  });
});

describe('errnoName', () => {
  it.each([
    [2, 'ENOENT'],
    [17, 'EEXIST'],
    [524, 'ENOTSUPP'],
    [0, 'errno 0'],
    [4093, 'errno 4093'],
  ])('%i is %s', (number, name) => {
    expect(errnoName(number)).toBe(name);
  });
});
