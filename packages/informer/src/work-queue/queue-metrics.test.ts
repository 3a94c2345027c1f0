import type { Labels, Metrics } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.js';

/** Keeps the last value of every series. */
function recordingMetrics(): { metrics: Metrics; values: Map<string, number> } {
  const values = new Map<string, number>();
  const series = (name: string, { priority }: Labels = {}): string =>
    priority === undefined ? name : `${name}{${priority}}`;
  const add = (name: string) => (by: number, labels?: Labels) =>
    void values.set(series(name, labels), (values.get(series(name, labels)) ?? 0) + by);
  const set = (name: string) => (value: number, labels?: Labels) => void values.set(series(name, labels), value);
  const metrics: Metrics = {
    counter: ({ name }) => ({ increment: (labels, by = 1) => add(name)(by, labels) }),
    gauge: ({ name }) => ({ set: set(name), add: add(name) }),
    histogram: ({ name }) => ({ observe: set(name) }),
  };
  return { metrics, values };
}

describe('QueueMetrics', () => {
  it('records depth by priority, adds, retries, waiting and working times', async () => {
    const clock = new FakeClock();
    const { metrics, values } = recordingMetrics();
    const queue = new WorkQueue({ name: 'q', clock, metrics });
    queue.add('a');
    queue.add('b', { priority: -100 });
    queue.addRateLimited('c');
    expect([
      values.get('workqueue_depth{0}'),
      values.get('workqueue_depth{-100}'),
      values.get('workqueue_adds_total'),
      values.get('workqueue_retries_total'),
    ]).toEqual([1, 1, 3, 1]);
    await clock.advance(2000);
    const item = await queue.next();
    await clock.advance(3000);
    expect(values.get('workqueue_queue_duration_seconds')).toBe(2);
    expect([
      values.get('workqueue_unfinished_work_seconds'),
      values.get('workqueue_longest_running_processor_seconds'),
    ]).toEqual([3, 3]);
    item?.done();
    expect(values.get('workqueue_work_duration_seconds')).toBe(3);
    await clock.advance(500);
    expect(values.get('workqueue_unfinished_work_seconds')).toBe(0);
    expect([values.get('workqueue_depth{0}'), clock.timers]).toEqual([1, 0]);
  });

  it('stops telling priorities apart after 25 of them', () => {
    const { metrics, values } = recordingMetrics();
    const queue = new WorkQueue({ name: 'q', clock: new FakeClock(), metrics });
    for (let priority = 0; priority < 40; priority++) queue.add(String(priority), { priority });
    expect(values.get('workqueue_depth{exceeded_cardinality_limit}')).toBe(15);
  });
});
