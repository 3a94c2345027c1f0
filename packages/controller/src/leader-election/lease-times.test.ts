import { describe, expect, it } from 'vitest';
import { defaultLeaseTimes, leaseTimes } from './lease-times.js';

describe('the times of a leader election', () => {
  it("are client-go's, where nothing else is said", () => {
    expect(leaseTimes({})).toEqual(defaultLeaseTimes);
    expect(leaseTimes({ leaseDuration: 60_000 })).toEqual({ ...defaultLeaseTimes, leaseDuration: 60_000 });
  });

  it.each([
    { leaseDuration: 15_500 },
    { leaseDuration: 0 },
    { leaseDuration: Number.NaN },
    { leaseDuration: 10_000 },
    { renewDeadline: 15_000 },
    { renewDeadline: Number.NaN },
    { renewDeadline: 2_400 },
    { retryPeriod: 0 },
    { retryPeriod: Number.NaN },
  ])('%o is refused', (options) => expect(() => leaseTimes(options)).toThrow(/KW_CONTROLLER_LEASE_TIMES/));
});
