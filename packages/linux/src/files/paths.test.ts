import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { linuxErrors } from '../errors.js';
import { joinInside, resolveInside } from './paths.js';

describe('joinInside', () => {
  it.each([
    ['a/b', '/root/a/b'],
    ['/etc/passwd', '/root/etc/passwd'],
    ['a/../b', '/root/b'],
    ['.', '/root'],
    ['..a', '/root/..a'],
  ])('%s is %s', (path, joined) => {
    expect(joinInside('/root', path)).toBe(joined);
  });

  it.each(['..', '../x', 'a/../../x', 'a\0b'])('refuses %j', (path) => {
    expect(() => joinInside('/root', path)).toThrow(/leaves '\/root'/);
  });

  it('keeps an absolute path that climbs at its root', () => {
    expect(joinInside('/root', '/../../x')).toBe('/root/x');
  });
});

describe('resolveInside', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'paths-')));
  mkdirSync(join(root, 'real'));
  symlinkSync('real', join(root, 'inside'));
  symlinkSync('/etc', join(root, 'outside'));
  symlinkSync('/nowhere/at/all', join(root, 'dangling'));
  afterAll(() => rmSync(root, { recursive: true }));

  it('follows links that stay inside', () => {
    expect(resolveInside(root, 'inside/new/file')).toBe(join(root, 'real/new/file'));
  });

  it('refuses links that lead out, also for what is not there yet', () => {
    for (const path of ['outside', 'outside/passwd', 'outside/new/file']) {
      expect(() => resolveInside(root, path)).toThrow(linuxErrors.PATH_ESCAPE({ root, path }).message);
    }
  });

  it('refuses a link that points to nothing', () => {
    expect(() => resolveInside(root, 'dangling')).toThrow(/ENOENT/);
  });
});
