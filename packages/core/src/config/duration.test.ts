import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['.5s', 500],
    ['1.s', 1_000],
    ['250ms', 250],
    ['1m1ms', 60_001],
    ['3us', 0.003],
    ['3µs', 0.003],
    ['3μs', 0.003],
    ['10ns', 0.00001],
    ['-2s', -2_000],
    ['+2s', 2_000],
    ['0', 0],
    ['0s', 0],
  ])('%s is %d ms', (text, milliseconds) => expect(parseDuration(text)).toBeCloseTo(milliseconds, 9));

  it.each(['', '5', 's', '5 m', '1d', '1h-5m', '.s', '1..5s', '5M', '--5s'])('refuses %o', (text) => {
    expect(() => parseDuration(text)).toThrow(`'${text}' is no duration: write numbers with units`);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [5_400_000, '1h30m'],
    [60_001, '1m1ms'],
    [1_500, '1s500ms'],
    [0.0015, '1us500ns'],
    [-2_000, '-2s'],
    [1e-9, '0s'],
  ])('%d ms is %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it('reads back what it writes', () => {
    for (const milliseconds of [1, 999, 61_001, 86_399_999, 0.001])
      expect(parseDuration(formatDuration(milliseconds))).toBeCloseTo(milliseconds, 9);
  });
});
