import { describe, expect, it } from 'vitest';
import { fuzz } from './run.js';
import { targets } from './targets.js';
import type { FuzzTarget } from './target.js';

/** Enough for each kind of input that a target makes; `npm run fuzz` makes a million. */
const inputs = 4_000;

describe('invariant 8: no input ends a process', () => {
  for (const target of targets) {
    it(`${target.name} survives ${inputs} inputs`, { timeout: 120_000 }, async () => {
      const { handled } = await fuzz(target, inputs, 1);
      expect(handled).toBeGreaterThanOrEqual(inputs / 2);
    });
  }

  const counting = (feed: (index: number) => 'handled' | 'rejected'): FuzzTarget => ({
    name: 'counting',
    open: () => {
      let index = 0;
      return Promise.resolve({
        feed: () => Promise.resolve(feed(index++)),
        check: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    },
  });

  it('names the seed of the input that broke the target', async () => {
    const breaking = counting((index) => {
      if (index === 3) throw new Error('boom');
      return 'handled';
    });
    await expect(fuzz(breaking, 10, 100)).rejects.toThrow('the input of seed 103 broke it');
  });

  it('fails a fuzzer most of whose inputs never reach the handler', async () => {
    await expect(
      fuzz(
        counting((index) => (index % 3 === 0 ? 'handled' : 'rejected')),
        9,
        1,
      ),
    ).rejects.toThrow('only 3 of 9 inputs reached the handler');
  });
});
