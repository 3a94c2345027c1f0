/** A controller's metrics under controller-runtime's names, so that existing dashboards fit. */
import type { Counter, Gauge, Histogram, Metrics } from '@kubewright/core';

const results = ['success', 'error', 'requeue', 'requeue_after'] as const;
export type ReconcileResult = (typeof results)[number];

/** controller-runtime's buckets, from 5 ms to a minute. */
const seconds = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

export class ControllerMetrics {
  readonly #labels: { readonly controller: string };
  readonly #total: Counter;
  readonly #errors: Counter;
  readonly #terminal: Counter;
  readonly #timeouts: Counter;
  readonly #panics: Counter;
  readonly #staleReads: Counter;
  readonly #duration: Histogram;
  readonly #active: Gauge;

  constructor(metrics: Metrics, controller: string, concurrency: number) {
    const labelNames = ['controller'];
    const series = [{ controller }];
    const counter = (name: string, help: string): Counter =>
      metrics.counter({ name: `controller_runtime_${name}`, help, labelNames, series });
    this.#labels = { controller };
    this.#total = metrics.counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Reconciles by result.',
      labelNames: ['controller', 'result'],
      series: results.map((result) => ({ controller, result })),
    });
    this.#errors = counter('reconcile_errors_total', 'Reconciles that failed.');
    this.#terminal = counter('terminal_reconcile_errors_total', 'Reconciles that failed and are not retried.');
    this.#timeouts = counter('reconcile_timeouts_total', 'Reconciles that took longer than they may.');
    this.#panics = counter('reconcile_panics_total', 'Reconciles that failed by a mistake in their program.');
    this.#staleReads = metrics.counter({
      name: 'kubewright_stale_read_fallbacks_total',
      help: 'Reconciles that read live because the cache did not catch up.',
      labelNames,
      series,
    });
    this.#duration = metrics.histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'How long reconciles take.',
      labelNames,
      series,
      buckets: seconds,
    });
    this.#active = metrics.gauge({
      name: 'controller_runtime_active_workers',
      help: 'Reconciles that run now.',
      labelNames,
      series,
    });
    metrics
      .gauge({
        name: 'controller_runtime_max_concurrent_reconciles',
        help: 'Reconciles that may run at once.',
        labelNames,
      })
      .set(concurrency, this.#labels);
  }

  started(): void {
    this.#active.add(1, this.#labels);
  }

  finished(result: ReconcileResult, milliseconds: number): void {
    this.#active.add(-1, this.#labels);
    this.#total.increment({ ...this.#labels, result });
    this.#duration.observe(milliseconds / 1000, this.#labels);
  }

  failed(how: 'retried' | 'terminal' | 'timeout', error: unknown): void {
    this.#errors.increment(this.#labels);
    if (isMistake(error)) this.#panics.increment(this.#labels);
    if (how === 'terminal') this.#terminal.increment(this.#labels);
    if (how === 'timeout') this.#timeouts.increment(this.#labels);
  }

  staleRead(): void {
    this.#staleReads.increment(this.#labels);
  }
}

/**
 * What panics in Go is an error of the language itself here: a property of undefined, a name that is not there. `fetch` uses the
 * same type for a network that fails, and tells the cause of it.
 */
function isMistake(error: unknown): boolean {
  const isOfLanguage = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return isOfLanguage && error.cause === undefined;
}
