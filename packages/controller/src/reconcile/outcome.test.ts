import { describe, expect, it } from 'vitest';
import { delayOf, requeueAfter } from './outcome.js';

describe('delayOf', () => {
  it.each([
    [undefined, 0],
    [requeueAfter(5), 5],
    [requeueAfter('5m'), 300_000],
    [requeueAfter(0), 0],
    [requeueAfter(-1), 0],
    [requeueAfter(2 ** 40), 2 ** 40],
  ])('takes %o', (value, delay) => expect(delayOf(value)).toBe(delay));
  it.each([
    null,
    5,
    'soon',
    true,
    {},
    [],
    { requeue: true },
    { requeueAfter: 5, requeue: true },
    { requeueAfter: undefined },
    { requeueAfter: '5m' },
    { requeueAfter: 5n },
    requeueAfter(Number.NaN),
    requeueAfter(Infinity),
  ])('refuses %o', (value) => expect(delayOf(value)).toBeUndefined());

  it('reads a value once, which may answer something else the next time', () => {
    let reads = 0;
    const value = Object.defineProperty({}, 'requeueAfter', { enumerable: true, get: () => [5, Number.NaN][reads++] });
    expect([delayOf(value), reads]).toEqual([5, 1]);
  });

  it('refuses a duration that is none where it is made', () =>
    expect(() => requeueAfter('soon')).toThrow(/KW_CORE_INVALID_DURATION/));
});
