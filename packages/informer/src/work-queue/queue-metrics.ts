import type { Clock, Counter, Gauge, Histogram, Metrics } from '@kubewright/core';

/** client-go's buckets: 10 ns to 1000 s, each ten times the one before. */
const buckets = Array.from({ length: 12 }, (_, exponent) => 10 ** (exponent - 8));
const refreshPeriod = 500;
/** After so many different priorities the label says only that there are more. */
const maximalPriorities = 25;

export interface RunningItem {
  readonly startedAt: number;
}

/** The queue's metrics under the names that dashboards know. */
export class QueueMetrics {
  readonly #clock: Clock;
  readonly #labels: { readonly name: string; readonly controller: string };
  readonly #running: ReadonlyMap<unknown, RunningItem>;
  readonly #priorities = new Set<number>();
  readonly #depth: Gauge;
  readonly #adds: Counter;
  readonly #retries: Counter;
  readonly #waited: Histogram;
  readonly #worked: Histogram;
  readonly #unfinished: Gauge;
  readonly #longest: Gauge;
  #isRefreshing = false;

  constructor(metrics: Metrics, clock: Clock, name: string, running: ReadonlyMap<unknown, RunningItem>) {
    const labelNames = ['name', 'controller'];
    this.#clock = clock;
    this.#labels = { name, controller: name };
    const series = [this.#labels];
    this.#running = running;
    this.#depth = metrics.gauge({
      name: 'workqueue_depth',
      help: 'Keys that are ready.',
      labelNames: [...labelNames, 'priority'],
    });
    this.#adds = metrics.counter({
      name: 'workqueue_adds_total',
      help: 'Keys that became ready or were asked for again.',
      labelNames,
      series,
    });
    this.#retries = metrics.counter({
      name: 'workqueue_retries_total',
      help: 'Keys added with a backoff.',
      labelNames,
      series,
    });
    this.#waited = metrics.histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'Time from ready to taken.',
      labelNames,
      series,
      buckets,
    });
    this.#worked = metrics.histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'Time from taken to done.',
      labelNames,
      series,
      buckets,
    });
    this.#unfinished = metrics.gauge({
      name: 'workqueue_unfinished_work_seconds',
      help: 'Time spent on keys that are not done, in sum.',
      labelNames,
      series,
    });
    this.#longest = metrics.gauge({
      name: 'workqueue_longest_running_processor_seconds',
      help: 'The longest time spent on a key that is not done.',
      labelNames,
      series,
    });
  }

  added(): void {
    this.#adds.increment(this.#labels);
  }

  retried(): void {
    this.#retries.increment(this.#labels);
  }

  depth(priority: number, by: 1 | -1): void {
    const isKnown =
      this.#priorities.has(priority) ||
      (this.#priorities.size < maximalPriorities && this.#priorities.add(priority) !== undefined);
    this.#depth.add(by, { ...this.#labels, priority: isKnown ? String(priority) : 'exceeded_cardinality_limit' });
  }

  taken(waited: number): void {
    this.#waited.observe(waited / 1000, this.#labels);
    if (!this.#isRefreshing) this.#schedule();
  }

  done(worked: number): void {
    this.#worked.observe(worked / 1000, this.#labels);
  }

  /** Goes on as long as anything is being processed. */
  #refresh(): void {
    const now = this.#clock.monotonic();
    let sum = 0;
    let longest = 0;
    for (const { startedAt } of this.#running.values()) {
      sum += now - startedAt;
      longest = Math.max(longest, now - startedAt);
    }
    this.#unfinished.set(sum / 1000, this.#labels);
    this.#longest.set(longest / 1000, this.#labels);
    this.#isRefreshing = false;
    if (this.#running.size > 0) this.#schedule();
  }

  #schedule(): void {
    this.#isRefreshing = true;
    this.#clock.setTimer(refreshPeriod, () => this.#refresh(), { ref: false });
  }
}
