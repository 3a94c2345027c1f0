import { describe, expect, it } from 'vitest';
import { Waiters } from './waiters.js';

describe('Waiters', () => {
  it('resolves now or at the check that meets the condition', async () => {
    const waiters = new Waiters<number>();
    await waiters.wait(3, (state) => state > 2);
    let isMet = false;
    const waiting = waiters.wait(1, (state) => state > 2).then(() => (isMet = true));
    waiters.check(2);
    await Promise.resolve();
    expect(isMet).toBe(false);
    waiters.check(3);
    await waiting;
  });

  it('gives up with its signal, and all at once where there is nothing left to wait for', async () => {
    const waiters = new Waiters<number>();
    const abort = new AbortController();
    const waiting = waiters.wait(0, () => false, abort.signal);
    const other = waiters.wait(0, () => false);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(waiters.wait(0, () => true, abort.signal)).rejects.toThrow('enough');
    waiters.rejectAll(new Error('stopped'));
    await expect(other).rejects.toThrow('stopped');
  });

  it('keeps a condition that throws to its own waiter', async () => {
    const waiters = new Waiters<number>();
    const careless = waiters.wait(0, (state) => {
      if (state > 0) throw new Error('careless');
      return false;
    });
    const careful = waiters.wait(0, (state) => state > 0);
    waiters.check(1);
    await expect(careless).rejects.toThrow('careless');
    await careful;
  });
});
