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

describe('Expectations of a cache that skips events', () => {
  const start = () => {
    const expectations = new Expectations(new FakeClock());
    expectations.expect('a', { creations: 2 });
    expectations.made('a', '9');
    expectations.made('a', '10');
    return expectations;
  };

  it('are met by a cache that is complete up to the newest child, which it may never have shown', () => {
    expect(start().satisfied('a', '9')).toBe(false);
    expect(start().satisfied('a', '10')).toBe(true);
    expect(start().satisfied('a', '')).toBe(false);
  });

  it('are not met by what an earlier round made', () => {
    const expectations = start();
    expectations.expect('a', { deletions: ['u'] });
    expect(expectations.satisfied('a', '11')).toBe(false);
  });

  it('know nothing of an owner that is forgotten', () => {
    const expectations = start();
    expectations.forget('a');
    expectations.made('a', '12');
    expect(expectations.satisfied('a')).toBe(true);
  });
});
