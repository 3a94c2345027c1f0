import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from './nearest.js';

describe('nearest', () => {
  it.each([
    ['stroage', ['network', 'storage'], 'storage'],
    ['Port', ['port', 'host'], 'port'],
    ['x', ['y', 'zz'], 'y'],
    ['storage', ['network'], undefined],
    ['ab', ['cd'], undefined],
    ['', [], undefined],
  ])('of %o among %o is %o', (name, candidates, expected) => expect(nearest(name, candidates)).toBe(expected));

  it('makes a hint or nothing', () => {
    expect([didYouMean('prot', ['port']), didYouMean('prot', ['zzzz'])]).toEqual([" (did you mean 'port'?)", '']);
  });
});
