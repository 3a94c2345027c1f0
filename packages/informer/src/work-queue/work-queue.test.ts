import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { describeWorkQueueContract } from '../testing/work-queue-contract.js';
import { WorkQueue } from './work-queue.js';

describeWorkQueueContract(
  { describe, it },
  (clock) => new WorkQueue<string>({ name: 'contract', clock, fairnessOf: (key) => key.split('/')[0] ?? '' }),
);

describe('WorkQueue', () => {
  it('takes structured keys by their id', async () => {
    const queue = new WorkQueue<{ cluster: string; name: string }>({
      name: 'keys',
      clock: new FakeClock(),
      idOf: ({ cluster, name }) => `${cluster}/${name}`,
    });
    queue.add({ cluster: 'east', name: 'a' });
    queue.add({ cluster: 'east', name: 'a' });
    queue.add({ cluster: 'west', name: 'a' });
    expect(queue.depth).toBe(2);
    expect((await queue.next())?.key).toEqual({ cluster: 'east', name: 'a' });
  });

  it('finishes an item at the end of its block', async () => {
    const queue = new WorkQueue({ name: 'using', clock: new FakeClock() });
    queue.add('a');
    {
      using item = await queue.next();
      expect(item?.key).toBe('a');
      expect(queue.processing).toBe(1);
    }
    expect(queue.processing).toBe(0);
  });

  it('keeps what is to come later while its key is processed', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ name: 'later', clock });
    queue.add('a');
    const item = await queue.next();
    queue.add('a', { after: 1000 });
    item?.done();
    expect([queue.depth, queue.delayed]).toEqual([0, 1]);
    await clock.advance(1000);
    expect(queue.depth).toBe(1);
  });

  it('holds its rules under a random load of many workers', async () => {
    const clock = new FakeClock();
    const random = new SeededRandom(7);
    const queue = new WorkQueue({ name: 'random', clock, fairnessOf: (key) => String(Number(key) % 3) });
    const held = new Map<string, { done(): void }>();
    const wanted = new Set<string>();
    for (let step = 0; step < 20_000; step++) {
      const key = String(Math.floor(random.next() * 50));
      const dice = random.next();
      if (dice < 0.45) {
        queue.add(key, {
          priority: Math.floor(random.next() * 3),
          after: random.next() < 0.3 ? random.next() * 100 : 0,
        });
        wanted.add(key);
      } else if (dice < 0.8 && queue.depth > 0) {
        const item = await queue.next();
        if (item === undefined) throw new Error('the queue is open');
        expect(held.has(item.key)).toBe(false);
        held.set(item.key, item);
        wanted.delete(item.key);
      } else if (dice < 0.97) {
        const [first] = held;
        if (first !== undefined) {
          held.delete(first[0]);
          first[1].done();
        }
      } else await clock.advance(random.next() * 20);
    }
    for (const item of held.values()) item.done();
    await clock.advance(1000);
    const rest = new Set<string>();
    while (queue.depth > 0) {
      const item = await queue.next();
      rest.add(item?.key ?? '');
      item?.done();
    }
    expect(rest).toEqual(wanted);
    expect(clock.timers).toBe(0);
  });
});
