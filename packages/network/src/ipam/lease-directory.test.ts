import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cniErrorCode } from '@kubewright/cni-sdk';
import { SystemClock } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { FileLock, mount, unmount } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeaseDirectory } from './lease-directory.js';

describe.skipIf(process.platform !== 'linux')('LeaseDirectory (needs Linux)', () => {
  let path: string;
  let directory: LeaseDirectory;
  const owner = { containerId: 'c1', ifName: 'eth0' };

  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'leases-')), 'net');
    directory = new LeaseDirectory(path, new SystemClock());
  });
  afterEach(() => rmSync(join(path, '..'), { recursive: true }));

  const take = (address: string, who = owner): Promise<boolean> =>
    directory.run((leases) => leases.take(address, who, 0));

  it('writes what the reference plugin writes', async () => {
    expect(await take('10.0.0.2')).toBe(true);
    expect(readdirSync(path).toSorted()).toEqual(['10.0.0.2', 'last_reserved_ip.0', 'lock']);
    expect(readFileSync(join(path, '10.0.0.2'), 'latin1')).toBe('c1\r\neth0');
    expect(readFileSync(join(path, 'last_reserved_ip.0'), 'utf8')).toBe('10.0.0.2');
    expect(await directory.run((leases) => leases.lastOf(0))).toBe('10.0.0.2');
  });

  it('sees what somebody else wrote and removed', async () => {
    await take('10.0.0.2');
    writeFileSync(join(path, '10.0.0.3'), 'other\r\neth0');
    expect(await take('10.0.0.3')).toBe(false);
    rmSync(join(path, '10.0.0.2'));
    expect(await directory.run((leases) => leases.ownedBy(owner))).toEqual([]);
    expect(await take('10.0.0.2')).toBe(true);
  });

  it('releases a lease of its owner alone', async () => {
    await take('10.0.0.2');
    const release = (containerId: string): Promise<void> =>
      directory.run((leases) => leases.release('10.0.0.2', { containerId, ifName: 'eth0' }));
    await release('c2');
    expect(readdirSync(path)).toContain('10.0.0.2');
    await release('c1');
    await release('c1');
    expect(readdirSync(path)).not.toContain('10.0.0.2');
  });

  it('gives back what was taken when the work fails', async () => {
    const failing = directory.run((leases) => {
      leases.take('10.0.0.2', owner, 0);
      throw new Error('enough');
    });
    await expect(failing).rejects.toThrow('enough');
    expect(readdirSync(path)).not.toContain('10.0.0.2');
    expect(await take('10.0.0.2')).toBe(true);
  });

  it('shows damaged leases without an owner, and takes away what a killed process had begun', async () => {
    mkdirSync(path);
    for (const [name, text] of [
      ['10.0.0.6', ''],
      ['10.0.0.7', '\r\n'],
      ['10.0.0.8', 'old'],
      ['notes', 'x'],
    ]) {
      writeFileSync(join(path, name ?? ''), text ?? '');
    }
    const all = await directory.run((leases) => [...leases.all()]);
    expect(all).toEqual([
      ['10.0.0.7', undefined],
      ['10.0.0.8', { containerId: 'old', ifName: '' }],
    ]);
    await directory.run((leases) => leases.release('10.0.0.7', undefined));
    expect(readdirSync(path)).toEqual(expect.not.arrayContaining(['10.0.0.6', '10.0.0.7']));
  });

  it('tells a result before it is safe, and takes nothing back that is', async () => {
    const { value, safe } = await directory.runEarly((leases) => leases.take('10.0.0.2', owner, 0));
    expect(value).toBe(true);
    await safe;
    expect(readdirSync(path)).toContain('10.0.0.2');
  });

  it('gives up on a lock that somebody keeps', async () => {
    await take('10.0.0.2');
    const clock = new FakeClock();
    using _held = await FileLock.acquire(join(path, 'lock'), { clock });
    const late = new LeaseDirectory(path, clock).run((leases) => leases.ownedBy(owner));
    await Promise.all([
      clock.advance(31_000),
      expect(late).rejects.toMatchObject({ cniCode: cniErrorCode.tryAgainLater }),
    ]);
  });

  it.skipIf(!privileged())(
    'sees what is done in the tick of its own change (ramfs has coarse times; needs root)',
    async () => {
      const coarse = mkdtempSync(join(tmpdir(), 'ramfs-'));
      await mount({ fileSystem: 'ramfs', source: 'ramfs', target: coarse });
      try {
        const [mine, theirs] = [0, 1].map(() => new LeaseDirectory(join(coarse, 'net'), new SystemClock()));
        for (let round = 2; round < 52; round += 1) {
          const address = `10.0.0.${round}`;
          await mine?.run((leases) => leases.ownedBy(owner));
          await theirs?.run((leases) => leases.take(address, owner, 0));
          expect(await mine?.run((leases) => leases.ownedBy(owner))).toEqual([address]);
          await theirs?.run((leases) => leases.release(address, owner));
        }
      } finally {
        await unmount(coarse);
        rmSync(coarse, { recursive: true });
      }
    },
  );

  it('gives fifty callers at two objects fifty addresses', async () => {
    const second = new LeaseDirectory(path, new SystemClock());
    const takers = Array.from({ length: 50 }, (_, index) =>
      (index % 2 === 0 ? directory : second).run((leases) => {
        for (let last = 2; ; last += 1) if (leases.take(`10.0.0.${last}`, owner, 0)) return last;
      }),
    );
    expect(new Set(await Promise.all(takers)).size).toBe(50);
  });
});
