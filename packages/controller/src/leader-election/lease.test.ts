import { describe, expect, it } from 'vitest';
import { leaseDurationOf, heldBy } from './lease.js';

const now = Date.UTC(2026, 0, 1);

describe('a Lease that somebody else has written', () => {
  it.each([
    [undefined, 15_000],
    [0, 15_000],
    [-5, 15_000],
    [Number.NaN, 15_000],
    [1, 15_000],
    [0.5, 15_000],
    [30, 30_000],
    [2 ** 31, 3_600_000],
  ])('of %s seconds is waited for so long: %i ms', (leaseDurationSeconds, milliseconds) => {
    expect(leaseDurationOf(leaseDurationSeconds === undefined ? {} : { leaseDurationSeconds })).toBe(milliseconds);
  });

  it.each([
    [undefined, 4_000],
    [1, 4_000],
    [15, 15_000],
  ])('of %s seconds is never waited for shorter than our own of 4 s: %i ms', (leaseDurationSeconds, milliseconds) => {
    const spec = leaseDurationSeconds === undefined ? {} : { leaseDurationSeconds };
    expect(leaseDurationOf(spec, 4_000)).toBe(milliseconds);
  });

  it.each([
    [undefined, 1],
    [4, 5],
    [-3, 1],
    [2 ** 31 - 1, 0],
    [2 ** 60, 1],
  ])('with %s transitions is taken with %i', (leaseTransitions, next) => {
    const before = { holderIdentity: 'other', ...(leaseTransitions !== undefined && { leaseTransitions }) };
    expect(heldBy('own', before, now, 15_000).leaseTransitions).toBe(next);
  });

  it('is renewed with the times and transitions that it has', () => {
    const before = { holderIdentity: 'own', acquireTime: '2025-01-01T00:00:00.000000Z', leaseTransitions: 2 };
    expect(heldBy('own', before, now, 15_000)).toMatchObject({
      acquireTime: before.acquireTime,
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 2,
    });
  });
});
