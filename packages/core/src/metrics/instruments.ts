/** The three kinds of instrument, each over a table of series. */
import { coreErrors } from '../errors/core-errors.js';
import type { Counter, Gauge, Histogram, Labels, Sample } from './metrics.js';
import { SeriesTable } from './series-table.js';

interface Value {
  value: number;
}

/** What counters and gauges share: a number per series, and perhaps one that is read when asked for. */
class Values {
  readonly type: 'counter' | 'gauge';
  readonly series: SeriesTable<Value>;
  readonly #read: (() => number) | undefined;

  constructor(
    type: 'counter' | 'gauge',
    name: string,
    labelNames: readonly string[],
    limit: number,
    read?: () => number,
  ) {
    this.type = type;
    this.#read = read;
    this.series = new SeriesTable(name, labelNames, limit, () => ({ value: 0 }));
  }

  samples(): Sample[] {
    if (this.#read !== undefined) this.series.of().value = this.#read();
    return this.series.entries().map(({ labels, series }) => ({ labels, value: series.value }));
  }
}

export class RegisteredCounter extends Values implements Counter {
  override readonly type = 'counter';

  constructor(name: string, labelNames: readonly string[], limit: number, read?: () => number) {
    super('counter', name, labelNames, limit, read);
  }

  increment(labels?: Labels, by = 1): void {
    if (!(by >= 0))
      throw coreErrors.METRIC_INVALID({ name: this.series.name, reason: `a counter cannot go up by ${by}` });
    this.series.of(labels).value += by;
  }
}

export class RegisteredGauge extends Values implements Gauge {
  override readonly type = 'gauge';

  constructor(name: string, labelNames: readonly string[], limit: number, read?: () => number) {
    super('gauge', name, labelNames, limit, read);
  }

  set(value: number, labels?: Labels): void {
    this.series.of(labels).value = value;
  }

  add(by: number, labels?: Labels): void {
    this.series.of(labels).value += by;
  }
}

interface Distribution {
  sum: number;
  count: number;
  /** How many values fell between each bound and the one before; the last is for those above all bounds. */
  readonly between: number[];
}

export class RegisteredHistogram implements Histogram {
  readonly type = 'histogram';
  readonly series: SeriesTable<Distribution>;
  readonly buckets: readonly number[];

  constructor(name: string, labelNames: readonly string[], limit: number, buckets: readonly number[]) {
    this.buckets = buckets;
    this.series = new SeriesTable(name, labelNames, limit, () => ({
      sum: 0,
      count: 0,
      between: Array.from({ length: buckets.length + 1 }, () => 0),
    }));
  }

  observe(value: number, labels?: Labels): void {
    const series = this.series.of(labels);
    series.sum += value;
    series.count += 1;
    const bucket = this.buckets.findIndex((atMost) => value <= atMost);
    const at = bucket < 0 ? this.buckets.length : bucket;
    series.between[at] = (series.between[at] ?? 0) + 1;
  }

  samples(): Sample[] {
    return this.series.entries().map(({ labels, series: { sum, count, between } }) => {
      let below = 0;
      const buckets = this.buckets.map((atMost, index) => ({ atMost, count: (below += between[index] ?? 0) }));
      return { labels, value: sum, count, buckets };
    });
  }
}

export type RegisteredInstrument = RegisteredCounter | RegisteredGauge | RegisteredHistogram;
