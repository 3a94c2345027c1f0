import { describe, expect, it } from 'vitest';
import { Code } from '../status/code.js';
import { InFlightLocks } from './in-flight-locks.js';

describe('InFlightLocks', () => {
  it('lets one operation at a time work on a key, and different keys beside each other', async () => {
    const locks = new InFlightLocks();
    let finish = (): void => {};
    const first = locks.run('a', () => new Promise<void>((resolve) => (finish = resolve)));
    await expect(locks.run('a', async () => 1)).rejects.toMatchObject({ status: Code.ABORTED });
    await expect(locks.run('b', async () => 2)).resolves.toBe(2);
    finish();
    await first;
    await expect(locks.run('a', async () => 3)).resolves.toBe(3);
    expect(locks.size).toBe(0);
  });

  it('gives the key back when the work fails', async () => {
    const locks = new InFlightLocks();
    await expect(locks.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(locks.size).toBe(0);
  });

  it('does not take away the key of the next holder when a lock is disposed twice', () => {
    const locks = new InFlightLocks();
    const first = locks.acquire('a');
    first[Symbol.dispose]();
    locks.acquire('a');
    first[Symbol.dispose]();
    expect(() => locks.acquire('a')).toThrow(/in progress/);
  });
});
