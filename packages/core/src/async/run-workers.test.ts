import { describe, expect, it } from 'vitest';
import { nextTurn } from './next-turn.js';
import { runWorkers } from './run-workers.js';

describe('runWorkers', () => {
  it('works off all items, never more at once than there are workers', async () => {
    const waiting = [1, 2, 3, 4, 5, 6, 7];
    const done: number[] = [];
    let [running, most] = [0, 0];
    const work = async (item: number): Promise<void> => {
      most = Math.max(most, ++running);
      await nextTurn();
      running--;
      done.push(item);
    };
    await runWorkers(3, () => waiting.shift(), work);
    expect([done, most]).toEqual([[1, 2, 3, 4, 5, 6, 7], 3]);
  });

  it('rejects with what failed when the others are done with what they had, and takes no more', async () => {
    const waiting = ['good', 'bad', 'never'];
    const done: string[] = [];
    const work = async (item: string): Promise<void> => {
      if (item === 'bad') throw new Error('bad item');
      await nextTurn();
      done.push(item);
    };
    await expect(runWorkers(2, () => waiting.shift(), work)).rejects.toThrow('bad item');
    expect([done, waiting]).toEqual([['good'], ['never']]);
  });
});
