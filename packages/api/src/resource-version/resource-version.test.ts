import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { compareResourceVersion, isResourceVersion } from './resource-version.js';

describe('compareResourceVersion', () => {
  it('orders by length, then digit by digit', () => {
    expect(compareResourceVersion('9', '10')).toBe(-1);
    expect(compareResourceVersion('11', '10')).toBe(1);
    expect(compareResourceVersion('10', '10')).toBe(0);
  });

  it('tells versions apart that are one number to JavaScript', () => {
    expect(compareResourceVersion('9007199254740992', '9007199254740993')).toBe(-1);
    expect(compareResourceVersion('1'.repeat(100), `${'1'.repeat(99)}2`)).toBe(-1);
  });

  it('agrees with bigint', () => {
    const random = new SeededRandom(5);
    const version = () =>
      String(BigInt(Math.floor(random.next() * 1e15)) * BigInt(Math.floor(random.next() * 1e15)) + 1n);
    for (let run = 0; run < 1000; run++) {
      const [a, b] = [version(), version()];
      expect(compareResourceVersion(a, b)).toBe(BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0);
    }
  });

  it.each(['', '0', '01', '-1', '1a', '1.0', ' 1', '1\n'])('refuses %j', (value) => {
    expect(isResourceVersion(value)).toBe(false);
    expect(() => compareResourceVersion(value, '1')).toThrow('cannot be compared as a resourceVersion');
    expect(() => compareResourceVersion('1', value)).toThrow('cannot be compared as a resourceVersion');
  });
});
