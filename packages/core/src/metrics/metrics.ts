/**
 * Metrics as an injected service, in Prometheus' terms. Asking twice for one name gives the same instrument. The facade
 * binds a real registry; by default nothing is recorded.
 */
import { token } from '../di/token.js';
import type { Token } from '../di/token.js';

export type Labels = Readonly<Record<string, string>>;

export interface InstrumentOptions {
  /** The metric's full name, as `workqueue_depth`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

export interface HistogramOptions extends InstrumentOptions {
  /** Upper bounds in ascending order, in the unit of the name (seconds for `…_seconds`). */
  readonly buckets?: readonly number[];
}

export interface Counter {
  /** Adds `by` (default 1, never negative). */
  increment(labels?: Labels, by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  add(by: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export interface Metrics {
  counter(options: InstrumentOptions): Counter;
  gauge(options: InstrumentOptions): Gauge;
  histogram(options: HistogramOptions): Histogram;
}

export const Metrics: Token<Metrics> = token('@kubewright/core/Metrics');

/** Records nothing. */
export const noMetrics: Metrics = {
  counter: () => ({ increment() {} }),
  gauge: () => ({ set() {}, add() {} }),
  histogram: () => ({ observe() {} }),
};
