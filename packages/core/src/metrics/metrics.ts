/**
 * Metrics as an injected service, in Prometheus' terms. Every host has a registry (`MetricsRegistry`) unless another
 * implementation is provided; `exposition` writes what it holds in the formats that scrapers ask for. Who serves them, and to
 * whom, is the business of the packages that open ports.
 */
import { token } from '../di/token.js';
import type { Token } from '../di/token.js';

/** A value for each label name of the instrument. A missing one counts as the empty text. */
export type Labels = Readonly<Record<string, string>>;

export interface InstrumentOptions {
  /** The metric's full name, as `workqueue_depth`; a counter's ends in `_total`. */
  readonly name: string;
  readonly help: string;
  /** Default: none. Never name a label whose values clients can make up without an end: names of objects, users, paths. */
  readonly labelNames?: readonly string[];
  /** Series that are there at 0 from the start, for what may long not happen. Default: none; one without labels always is. */
  readonly series?: readonly Labels[];
}

export interface ReadableOptions extends InstrumentOptions {
  /** Reads the value of the series without labels whenever the metrics are collected. It must be quick and not throw. */
  readonly read?: () => number;
}

export interface HistogramOptions extends InstrumentOptions {
  /**
   * Upper bounds in ascending order, in the unit of the name (seconds for `…_seconds`). Default: Prometheus' own, from 5 ms
   * to 10 s.
   */
  readonly buckets?: readonly number[];
}

export interface Counter {
  /** Adds `by` (default 1). @throws `METRIC_INVALID` where `by` is negative or no number. */
  increment(labels?: Labels, by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  add(by: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** One series of a metric at the moment of collecting. */
export interface Sample {
  readonly labels: Labels;
  /** A counter's or gauge's value; the sum of what a histogram observed. */
  readonly value: number;
  /** Histograms only: how many values were observed, and how many of them at most each bound. */
  readonly count?: number;
  readonly buckets?: readonly { readonly atMost: number; readonly count: number }[];
}

/** A metric with all its series. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

export interface Metrics {
  /**
   * The counter of this name, made at the first call. Make instruments once and keep them.
   *
   * @throws `METRIC_INVALID` for a name that is none, `METRIC_CONFLICT` where the name has another type or other labels already.
   */
  counter(options: ReadableOptions): Counter;
  /** The gauge of this name. As `counter`. */
  gauge(options: ReadableOptions): Gauge;
  /** The histogram of this name. As `counter`. */
  histogram(options: HistogramOptions): Histogram;
  /** What was recorded, by name in order. */
  collect(): readonly MetricFamily[];
}

export const Metrics: Token<Metrics> = token('@kubewright/core/Metrics');

/** Records nothing. */
export const noMetrics: Metrics = {
  counter: () => ({ increment() {} }),
  gauge: () => ({ set() {}, add() {} }),
  histogram: () => ({ observe() {} }),
  collect: () => [],
};
