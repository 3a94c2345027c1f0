/** A controller's metrics under controller-runtime's names, so that existing dashboards fit. */
import type { Counter, Gauge, Histogram, Metrics } from '@kubewright/core';

export type ReconcileResult = 'success' | 'error' | 'requeue' | 'requeue_after';

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
  readonly #staleReads: Counter;
  readonly #duration: Histogram;
  readonly #active: Gauge;

  constructor(metrics: Metrics, controller: string, concurrency: number) {
    const labelNames = ['controller'];
    const counter = (name: string, help: string, extra: string[] = []): Counter =>
      metrics.counter({ name: `controller_runtime_${name}`, help, labelNames: [...labelNames, ...extra] });
    this.#labels = { controller };
    this.#total = counter('reconcile_total', 'Reconciles by result.', ['result']);
    this.#errors = counter('reconcile_errors_total', 'Reconciles that failed.');
    this.#terminal = counter('terminal_reconcile_errors_total', 'Reconciles that failed and are not retried.');
    this.#timeouts = counter('reconcile_timeouts_total', 'Reconciles that took longer than they may.');
    this.#staleReads = metrics.counter({
      name: 'kubewright_stale_read_fallbacks_total',
      help: 'Reconciles that read live because the cache did not catch up.',
      labelNames,
    });
    this.#duration = metrics.histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'How long reconciles take.',
      labelNames,
      buckets: seconds,
    });
    this.#active = metrics.gauge({
      name: 'controller_runtime_active_workers',
      help: 'Reconciles that run now.',
      labelNames,
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

  failed(how: 'retried' | 'terminal' | 'timeout'): void {
    this.#errors.increment(this.#labels);
    if (how === 'terminal') this.#terminal.increment(this.#labels);
    if (how === 'timeout') this.#timeouts.increment(this.#labels);
  }

  staleRead(): void {
    this.#staleReads.increment(this.#labels);
  }
}
