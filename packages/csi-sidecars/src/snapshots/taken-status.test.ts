import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { takenStatus } from './taken-status.js';

describe('what a driver says of a snapshot', () => {
  it.each([1n, (1n << 53n) + 1n, (1n << 53n) + 3n, (1n << 60n) + 1n, 9_007_199_254_740_991n])(
    'has a restore size of at least %d bytes',
    (bytes) => {
      const { restoreSize = 0 } = takenStatus(undefined, bytes);
      expect(BigInt(restoreSize)).toBeGreaterThanOrEqual(bytes);
      expect(BigInt(restoreSize) - bytes).toBeLessThan(512n);
    },
  );

  it('has a time where it is one', () => {
    expect(takenStatus(timestampFromMs(1_764_595_200_123), 0n)).toEqual({ creationTime: 1_764_595_200_123_000_000 });
    expect(takenStatus(undefined, 0n)).toEqual({});
    const never = { $typeName: 'google.protobuf.Timestamp', seconds: 1n << 60n, nanos: 0 } as const;
    expect(takenStatus(never, 0n)).toEqual({});
  });
});
