import { describe, expect, it } from 'vitest';
import { int32Of, int64Of } from './integer-text.js';

describe('an integer as text', () => {
  it.each([
    ['0', 0n],
    ['+7', 7n],
    ['-3', -3n],
    ['007', 7n],
    ['3546343826724305832', 3_546_343_826_724_305_832n],
    ['9223372036854775807', 9_223_372_036_854_775_807n],
    ['9223372036854775808', undefined],
    ['-9223372036854775808', -9_223_372_036_854_775_808n],
    ['-9223372036854775809', undefined],
    ['9'.repeat(100_000), undefined],
    ['', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    [' 1', undefined],
    ['1.0', undefined],
    ['+-1', undefined],
    [undefined, undefined],
  ])('%.30s of 64 bits', (text, value) => {
    expect(int64Of(text)).toBe(value);
  });

  it.each([
    ['2147483647', 2_147_483_647],
    ['2147483648', undefined],
    ['-2147483648', -2_147_483_648],
    ['x', undefined],
  ])('%s of 32 bits', (text, value) => {
    expect(int32Of(text)).toBe(value);
  });
});
