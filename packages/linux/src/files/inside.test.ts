import { closeSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectoryInside, openInside, pathInside, readFileInside } from './inside.js';

describe.skipIf(process.platform !== 'linux')('paths seen from inside a root', () => {
  let home: string;
  let root: string;
  beforeEach(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'kw-inside-')));
    root = join(home, 'root');
    mkdirSync(join(root, 'real'), { recursive: true });
    writeFileSync(join(home, 'secret'), 'outside');
    writeFileSync(join(root, 'real/file'), 'inside');
    symlinkSync('/real', join(root, 'absolute'));
    symlinkSync('../../../../..', join(root, 'up'));
    symlinkSync(home, join(root, 'out'));
    symlinkSync('/proc/self/root', join(root, 'magic'));
    symlinkSync('/made/later', join(root, 'dangling'));
    symlinkSync('circle', join(root, 'circle'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('follows links from that root, and no further', () => {
    expect(readFileInside(root, 'absolute/file', 100)?.toString()).toBe('inside');
    expect(readFileInside(root, '/up/up/real/file', 100)?.toString()).toBe('inside');
    expect(readFileInside(root, '../../real/file', 100)?.toString()).toBe('inside');
    for (const path of ['out/secret', 'up/secret', '../secret', 'magic/etc/passwd', 'dangling', 'real/file/x'])
      expect(readFileInside(root, path, 100)).toBeUndefined();
    expect(pathInside(root, 'absolute/../up/real')).toBe(join(root, 'real'));
    expect(pathInside(root, '')).toBe(root);
    expect(() => openInside(root, 'circle/x')).toThrow('ELOOP');
    expect(() => openInside(root, 'real\0x')).toThrow('KW_LINUX_PATH_ESCAPE');
  });

  it('finds a link itself where it is not to be followed', () => {
    const descriptor = openInside(root, 'dangling', false);
    expect(descriptor).toBeTypeOf('number');
    closeSync(descriptor ?? -1);
  });

  it('reads plain files only, and no more than it may', () => {
    expect(() => readFileInside(root, 'real', 100)).toThrow(/no plain file/);
    expect(() => readFileInside(root, 'real/file', 5)).toThrow(/more than 5 bytes/);
    expect(readFileInside(root, 'real/file', 6)?.length).toBe(6);
  });

  it('makes directories where links lead inside the root', () => {
    expect(makeDirectoryInside(root, '/absolute/a/b', { mode: 0o750 })).toBe(join(root, 'real/a/b'));
    expect(statSync(join(root, 'real/a')).mode & 0o777).toBe(0o750);
    expect(makeDirectoryInside(root, 'dangling/x')).toBe(join(root, 'made/later/x'));
    expect(makeDirectoryInside(root, 'out/x')).toBe(join(root, home, 'x'));
    expect(makeDirectoryInside(root, '../..')).toBe(root);
    expect(() => makeDirectoryInside(root, 'real/file/x')).toThrow('KW_LINUX_FILE_REFUSED');
    expect(() => makeDirectoryInside(root, 'circle/x')).toThrow('KW_LINUX_FILE_REFUSED');
  });

  it('is not led out by names that are moved meanwhile', async () => {
    mkdirSync(join(home, 'victim'));
    mkdirSync(join(root, 'swap'));
    // Exchanges a directory and a link that leads out, as fast as it can.
    const program = `
      const { existsSync, renameSync, rmSync, symlinkSync } = require('node:fs');
      const { parentPort, workerData: root } = require('node:worker_threads');
      const attempt = (work) => { try { work(); } catch {} };
      parentPort.postMessage('ready');
      while (!existsSync(root + '/stop')) {
        attempt(() => renameSync(root + '/swap', root + '/kept'));
        attempt(() => symlinkSync(root + '/../victim', root + '/swap'));
        attempt(() => rmSync(root + '/swap', { recursive: true, force: true }));
        attempt(() => renameSync(root + '/kept', root + '/swap'));
      }`;
    const worker = new Worker(program, { eval: true, workerData: root });
    await new Promise((resolve) => worker.once('message', resolve));
    let made = 0;
    for (let turn = 0; turn < 300; turn++) {
      try {
        makeDirectoryInside(root, `swap/d${turn}`);
        made++;
      } catch {
        // Told, and nothing made.
      }
    }
    writeFileSync(join(root, 'stop'), '');
    await new Promise((resolve) => worker.once('exit', resolve));
    expect(made).toBeGreaterThan(0);
    expect(statSync(join(home, 'victim')).nlink).toBe(2);
  });
});
