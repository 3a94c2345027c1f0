import { MetricsRegistry } from '@kubewright/core';
import { describe, expect, it } from 'vitest';
import { ControllerMetrics } from './controller-metrics.js';

function seriesOf(registry: MetricsRegistry): Record<string, number> {
  const entries = registry
    .collect()
    .flatMap(({ name, samples }) =>
      samples.map(({ labels, value }): [string, number] => [
        [name.replace('controller_runtime_', ''), labels['controller'], labels['result']].filter(Boolean).join(' '),
        value,
      ]),
    );
  return Object.fromEntries(entries);
}

describe('ControllerMetrics', () => {
  it("shows controller-runtime's series at 0 before anything is reconciled", () => {
    const registry = new MetricsRegistry();
    const metrics = new ControllerMetrics(registry, 'site', 3);
    expect(metrics).toBeDefined();
    expect(seriesOf(registry)).toEqual({
      'active_workers site': 0,
      'kubewright_stale_read_fallbacks_total site': 0,
      'max_concurrent_reconciles site': 3,
      'reconcile_errors_total site': 0,
      'reconcile_panics_total site': 0,
      'reconcile_time_seconds site': 0,
      'reconcile_timeouts_total site': 0,
      'reconcile_total site error': 0,
      'reconcile_total site requeue': 0,
      'reconcile_total site requeue_after': 0,
      'reconcile_total site success': 0,
      'terminal_reconcile_errors_total site': 0,
    });
  });

  it('counts as a panic what is a mistake in the program, and neither refusals nor a network that fails', () => {
    const registry = new MetricsRegistry();
    const metrics = new ControllerMetrics(registry, 'site', 1);
    metrics.failed('retried', new TypeError('undefined has no properties'));
    metrics.failed('retried', new ReferenceError('x is not defined'));
    metrics.failed('retried', new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }));
    metrics.failed('terminal', new Error('no'));
    expect(seriesOf(registry)).toMatchObject({
      'reconcile_errors_total site': 4,
      'reconcile_panics_total site': 2,
      'terminal_reconcile_errors_total site': 1,
    });
  });
});
