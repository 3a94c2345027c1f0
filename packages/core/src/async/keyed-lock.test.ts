import { describe, expect, it } from 'vitest';
import { KeyedLock } from './keyed-lock.js';
import { nextTurn } from './next-turn.js';

/** Work that says when it began, and ends when it is told to. */
function job(name: string, order: string[]): { readonly work: () => Promise<void>; readonly end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = async (): Promise<void> => {
    order.push(name);
    await promise;
  };
  return { work, end: resolve };
}

describe('KeyedLock', () => {
  it('keeps one key in order, lets others pass, and survives failures', async () => {
    const lock = new KeyedLock();
    const order: string[] = [];
    const first = job('a1', order);
    const failed = lock.run('a', async () => {
      await first.work();
      throw new Error('a1 failed');
    });
    const second = lock.run('a', async () => order.push('a2'));
    await lock.run('b', async () => order.push('b'));
    first.end();
    await expect(failed).rejects.toThrow('a1 failed');
    await second;
    expect(order).toEqual(['a1', 'b', 'a2']);
  });

  it('lets those that share a key run together, and who wants to be alone neither beside nor behind later ones', async () => {
    const lock = new KeyedLock();
    const order: string[] = [];
    const [one, two, alone, later] = [job('one', order), job('two', order), job('alone', order), job('later', order)];
    const all = [
      lock.runShared('a', one.work),
      lock.runShared('a', two.work),
      lock.run('a', alone.work),
      lock.runShared('a', later.work),
    ];
    await nextTurn();
    one.end();
    await nextTurn();
    expect(order).toEqual(['one', 'two']);
    two.end();
    await nextTurn();
    expect(order).toEqual(['one', 'two', 'alone']);
    alone.end();
    later.end();
    await Promise.all(all);
    expect(order).toEqual(['one', 'two', 'alone', 'later']);
  });

  it('gives up waiting with its signal, without letting the next one past those before', async () => {
    const lock = new KeyedLock();
    const order: string[] = [];
    const first = job('first', order);
    const abort = new AbortController();
    const running = lock.run('a', first.work);
    const waiting = lock.run('a', async () => order.push('never'), abort.signal);
    const next = lock.run('a', async () => order.push('next'));
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(lock.run('b', async () => order.push('never'), abort.signal)).rejects.toThrow('enough');
    await nextTurn();
    expect(order).toEqual(['first']);
    first.end();
    await Promise.all([running, next]);
    expect(order).toEqual(['first', 'next']);
  });
});
