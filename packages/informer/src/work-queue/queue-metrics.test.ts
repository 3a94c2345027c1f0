import { MetricsRegistry } from '@kubewright/core';
import type { Metrics } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.js';

/** The value of the one series of a metric, or of the one with this priority. */
function valueOf(metrics: Metrics, name: string, priority?: string): number | undefined {
  const samples = metrics.collect().find((family) => family.name === name)?.samples ?? [];
  return samples.find(({ labels }) => priority === undefined || labels['priority'] === priority)?.value;
}

describe('QueueMetrics', () => {
  it('records depth by priority, adds, retries, waiting and working times', async () => {
    const clock = new FakeClock();
    const metrics = new MetricsRegistry();
    const queue = new WorkQueue({ name: 'q', clock, metrics });
    expect(metrics.collect().map(({ name, samples }) => [name, samples[0]?.value])).toEqual([
      ['workqueue_adds_total', 0],
      ['workqueue_depth', undefined],
      ['workqueue_longest_running_processor_seconds', 0],
      ['workqueue_queue_duration_seconds', 0],
      ['workqueue_retries_total', 0],
      ['workqueue_unfinished_work_seconds', 0],
      ['workqueue_work_duration_seconds', 0],
    ]);
    queue.add('a');
    queue.add('b', { priority: -100 });
    queue.addRateLimited('c');
    expect([
      valueOf(metrics, 'workqueue_depth', '0'),
      valueOf(metrics, 'workqueue_depth', '-100'),
      valueOf(metrics, 'workqueue_adds_total'),
      valueOf(metrics, 'workqueue_retries_total'),
    ]).toEqual([1, 1, 3, 1]);
    await clock.advance(2000);
    const item = await queue.next();
    await clock.advance(3000);
    expect(valueOf(metrics, 'workqueue_queue_duration_seconds')).toBe(2);
    expect([
      valueOf(metrics, 'workqueue_unfinished_work_seconds'),
      valueOf(metrics, 'workqueue_longest_running_processor_seconds'),
    ]).toEqual([3, 3]);
    item?.done();
    expect(valueOf(metrics, 'workqueue_work_duration_seconds')).toBe(3);
    await clock.advance(500);
    expect(valueOf(metrics, 'workqueue_unfinished_work_seconds')).toBe(0);
    expect([valueOf(metrics, 'workqueue_depth', '0'), clock.timers]).toEqual([1, 0]);
  });

  it('stops telling priorities apart after 25 of them', () => {
    const metrics = new MetricsRegistry();
    const queue = new WorkQueue({ name: 'q', clock: new FakeClock(), metrics });
    for (let priority = 0; priority < 40; priority++) queue.add(String(priority), { priority });
    expect(valueOf(metrics, 'workqueue_depth', 'exceeded_cardinality_limit')).toBe(15);
  });
});
