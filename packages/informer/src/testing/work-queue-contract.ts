import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import { nextTurn } from '@kubewright/core/async';
import { FakeClock } from '@kubewright/core/testing';
import type { AddOptions, WorkItem } from '../work-queue/work-item.js';
import type { TestRunner } from '@kubewright/core/testing';

/** What a work queue must offer to be tested. */
export interface TestedWorkQueue {
  add(key: string, options?: AddOptions): void;
  addRateLimited(key: string, options?: Omit<AddOptions, 'after'>): void;
  forget(key: string): void;
  retries(key: string): number;
  next(signal?: AbortSignal): Promise<WorkItem<string> | undefined>;
  readonly depth: number;
  shutDown(options?: { readonly drain?: boolean }): Promise<void>;
}

/**
 * Tests the rules that every work queue keeps.
 *
 * @param create - makes a queue whose keys look like `fairness/name`, with the default backoff.
 */
export function describeWorkQueueContract(
  { describe, it }: TestRunner,
  create: (clock: FakeClock) => TestedWorkQueue,
): void {
  const start = (): { clock: FakeClock; queue: TestedWorkQueue } => {
    const clock = new FakeClock();
    return { clock, queue: create(clock) };
  };
  const takeAll = async (queue: TestedWorkQueue): Promise<string[]> => {
    const keys: string[] = [];
    while (queue.depth > 0) {
      const item = await queue.next();
      if (item === undefined) break;
      keys.push(item.key);
      item.done();
    }
    return keys;
  };

  describe('work queue contract', () => {
    it('hands a key out once, however often it was added', async () => {
      const { queue } = start();
      for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
      deepEqual(await takeAll(queue), ['a', 'b']);
    });

    it('invariant 1: never hands a key to two workers, and brings it again if it was added meanwhile', async () => {
      const { queue } = start();
      queue.add('a');
      const first = await queue.next();
      queue.add('a');
      equal(queue.depth, 0);
      first?.done();
      first?.done();
      equal((await queue.next())?.key, 'a');
      equal(queue.depth, 0);
    });

    it('wakes a worker that waits, and lets it give up', async () => {
      const { queue } = start();
      const leaving = new AbortController();
      const left = queue.next(leaving.signal);
      const waiting = queue.next();
      leaving.abort(new Error('gone'));
      await rejects(left, /gone/);
      queue.add('a');
      equal((await waiting)?.key, 'a');
    });

    it('keeps the earliest time of a key that waits', async () => {
      const { clock, queue } = start();
      queue.add('a', { after: 1000 });
      queue.add('a', { after: 5000 });
      queue.add('a', { after: 300 });
      await clock.advance(299);
      equal(queue.depth, 0);
      await clock.advance(1);
      deepEqual(await takeAll(queue), ['a']);
      await clock.advance(10_000);
      equal(queue.depth, 0);
    });

    it('makes a waiting key ready when it is added without delay', async () => {
      const { clock, queue } = start();
      queue.add('a', { after: 1000 });
      queue.add('a');
      deepEqual(await takeAll(queue), ['a']);
      equal(clock.timers, 0);
    });

    it('orders by readiness, not by insertion', async () => {
      const { clock, queue } = start();
      queue.add('late', { after: 200 });
      queue.add('early', { after: 100 });
      await clock.advance(100);
      queue.add('between');
      await clock.advance(100);
      deepEqual(await takeAll(queue), ['early', 'between', 'late']);
    });

    it('backs off from 5 ms, doubled to 1000 s, until forgotten', async () => {
      const { clock, queue } = start();
      for (const delay of [5, 10, 20, 40]) {
        queue.addRateLimited('a');
        await clock.advance(delay - 1);
        equal(queue.depth, 0, `before ${delay} ms`);
        await clock.advance(1);
        deepEqual(await takeAll(queue), ['a']);
      }
      equal(queue.retries('a'), 4);
      queue.forget('a');
      equal(queue.retries('a'), 0);
      for (let failures = 0; failures < 20; failures++) queue.addRateLimited('b');
      await clock.advance(5);
      deepEqual(await takeAll(queue), ['b']);
      queue.addRateLimited('b');
      equal(clock.untilNext, 1_000_000);
    });

    it('takes higher priorities first, and a raised key goes to the end of its new level', async () => {
      const { queue } = start();
      queue.add('low', { priority: -100 });
      queue.add('raised', { priority: -100 });
      queue.add('normal');
      queue.add('raised', { priority: 0 });
      queue.add('normal', { priority: -100 });
      deepEqual(await takeAll(queue), ['normal', 'raised', 'low']);
    });

    it('starves nothing under constant load of a higher priority', async () => {
      const { clock, queue } = start();
      queue.add('low', { priority: -100 });
      let takes = 0;
      for (let key = ''; key !== 'low' && takes < 100; takes++) {
        queue.add(`high-${takes}`);
        queue.add(`high-too-${takes}`);
        await clock.advance(1000);
        const item = await queue.next();
        key = item?.key ?? '';
        item?.done();
      }
      ok(takes <= 20, `taken after ${takes} takes`);
    });

    it('lets fairness keys take turns', async () => {
      const { queue } = start();
      for (const key of ['flood/1', 'flood/2', 'flood/3', 'flood/4', 'quiet/1', 'other/1']) queue.add(key);
      deepEqual(await takeAll(queue), ['flood/1', 'quiet/1', 'other/1', 'flood/2', 'flood/3', 'flood/4']);
    });

    it('keeps the causes of a key, the newest ten', async () => {
      const { queue } = start();
      for (let number = 0; number < 12; number++) queue.add('a', { cause: { type: `cause ${number}` } });
      const item = await queue.next();
      deepEqual(
        item?.causes.map(({ type }) => type),
        Array.from({ length: 10 }, (_, at) => `cause ${at + 2}`),
      );
      equal(item?.omittedCauses, 2);
    });

    it('lets the event loop turn while workers find ever more to do, and no key keeps the others waiting', async () => {
      const { queue } = start();
      let isEnding = false;
      let turns = 0;
      const runs = new Map<string, number>();
      const work = async (): Promise<void> => {
        for (let item = await queue.next(); item !== undefined; item = await queue.next()) {
          using held = item;
          runs.set(held.key, (runs.get(held.key) ?? 0) + 1);
          if (!isEnding) queue.add(held.key);
        }
      };
      const workers = [work(), work()];
      for (const key of ['a/hot', 'a/too', 'b/other', 'late']) queue.add(key);
      for (; turns < 20; turns++) await nextTurn();
      isEnding = true;
      await queue.shutDown({ drain: true });
      await Promise.all(workers);
      deepEqual([...runs.keys()].sort(), ['a/hot', 'a/too', 'b/other', 'late']);
      const counts = [...runs.values()];
      ok(Math.min(...counts) > 100 && Math.min(...counts) * 4 > Math.max(...counts), `runs: ${counts.join(', ')}`);
    });

    it('refuses a delay or a priority that is no number', async () => {
      const { queue } = start();
      for (const options of [{ after: Number.NaN }, { after: Infinity }, { priority: Number.NaN }])
        throws(() => queue.add('a', options), /must be a finite number/);
      equal(queue.depth, 0);
    });

    it('shuts down: no more keys, takers wake, and it waits for the workers', async () => {
      const { clock, queue } = start();
      queue.add('busy');
      const busy = await queue.next();
      const waiting = queue.next();
      queue.add('later', { after: 100 });
      let isDown = false;
      const down = queue.shutDown().then(() => (isDown = true));
      equal(await waiting, undefined);
      queue.add('refused');
      await clock.advance(1000);
      ok(!isDown);
      busy?.done();
      await down;
      equal(await queue.next(), undefined);
      equal(clock.timers, 0);
    });

    it('drains: hands out what is ready before it ends', async () => {
      const { queue } = start();
      queue.add('a');
      queue.add('b');
      const down = queue.shutDown({ drain: true });
      deepEqual(await takeAll(queue), ['a', 'b']);
      await down;
      equal(await queue.next(), undefined);
    });
  });
}
