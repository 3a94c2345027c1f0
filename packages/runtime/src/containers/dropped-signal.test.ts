import { describe, expect, it } from 'vitest';
import { isDropped } from './dropped-signal.js';

const status = (NSpid: string, SigCgt: string): string =>
  `Name:\tx\nNSpid:\t${NSpid}\nSigCgt:\t${SigCgt}\nCapInh:\t0\n`;

describe('isDropped', () => {
  it('is for the first process of a namespace alone, without a handler', () => {
    expect(isDropped(status('812\t1', '0000000000000000'), 15)).toBe(true);
    expect(isDropped(status('812\t1', '0000000000004000'), 15)).toBe(false);
    expect(isDropped(status('812\t7', '0000000000000000'), 15)).toBe(false);
    expect(isDropped(status('812\t1', '0000000000000000'), undefined)).toBe(false);
    expect(isDropped('', 15)).toBe(false);
  });
});
