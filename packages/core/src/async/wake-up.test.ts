import { expect, it } from 'vitest';
import { WakeUp } from './wake-up.js';

it('wakes all who wait, at the next notify or when their signal aborts', async () => {
  const news = new WakeUp();
  const abort = new AbortController();
  const { signal } = new AbortController();
  const woken: string[] = [];
  const waiting = [
    news.wait(signal).then(() => woken.push('one')),
    news.wait(signal).then(() => woken.push('two')),
    news.wait(abort.signal).then(() => woken.push('gave up')),
  ];
  abort.abort();
  await waiting[2];
  expect(woken).toEqual(['gave up']);
  news.notify();
  await Promise.all(waiting);
  expect(woken).toEqual(['gave up', 'one', 'two']);
  await news.wait(abort.signal);
});
