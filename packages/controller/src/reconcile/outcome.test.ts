import { describe, expect, it } from 'vitest';
import { isOutcome, requeueAfter } from './outcome.js';

describe('isOutcome', () => {
  it.each([undefined, requeueAfter(5), requeueAfter('5m'), requeueAfter(0), requeueAfter(-1), requeueAfter(2 ** 40)])(
    'takes %o',
    (value) => expect(isOutcome(value)).toBe(true),
  );
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
  ])('refuses %o', (value) => expect(isOutcome(value)).toBe(false));

  it('refuses a duration that is none where it is made', () =>
    expect(() => requeueAfter('soon')).toThrow(/KW_CORE_INVALID_DURATION/));
});
