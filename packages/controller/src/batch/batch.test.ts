import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { Expectations } from './expectations.js';
import { slowStart } from './slow-start.js';

describe('slowStart', () => {
  it('makes every call once when none fails', async () => {
    const calls: number[] = [];
    const result = await slowStart(10, (index) => Promise.resolve(void calls.push(index)));
    expect(result).toEqual({ succeeded: 10, attempted: 10 });
    expect(calls).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('makes one call where all are doomed', async () => {
    const error = new Error('quota');
    expect(await slowStart(500, () => Promise.reject(error))).toEqual({ succeeded: 0, attempted: 1, error });
  });

  it('finishes the batch in which a call fails, and starts no other', async () => {
    const error = new Error('x');
    const result = await slowStart(100, (index) => (index === 4 ? Promise.reject(error) : Promise.resolve()));
    expect(result).toEqual({ succeeded: 6, attempted: 7, error });
  });
});

describe('Expectations', () => {
  it('are met when every creation and deletion was seen, each deletion once', () => {
    const expectations = new Expectations(new FakeClock());
    expectations.expect('a', { creations: 2, deletions: ['u1', 'u2'] });
    expectations.creationObserved('a', 2);
    expectations.deletionObserved('a', 'u1');
    expectations.deletionObserved('a', 'u1');
    expect(expectations.satisfied('a')).toBe(false);
    expectations.deletionObserved('a', 'u2');
    expect(expectations.satisfied('a')).toBe(true);
  });

  it('are met by an owner nothing is expected of, and given up after five minutes', async () => {
    const clock = new FakeClock();
    const expectations = new Expectations(clock);
    expect(expectations.satisfied('b')).toBe(true);
    expectations.expect('b', { creations: 1 });
    await clock.advance(300_000);
    expect(expectations.satisfied('b')).toBe(false);
    await clock.advance(1);
    expect(expectations.satisfied('b')).toBe(true);
  });
});
