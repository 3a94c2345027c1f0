import type { Metrics } from './metrics.js';

/** Records what the process uses, under the names of Prometheus' own client libraries. Read when the metrics are collected. */
export function recordProcess(metrics: Metrics): void {
  metrics.counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time spent, in seconds.',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });
  metrics.gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory, in bytes.',
    read: () => process.memoryUsage.rss(),
  });
  metrics.gauge({
    name: 'process_start_time_seconds',
    help: 'When the process began, in seconds since 1970.',
    read: () => performance.timeOrigin / 1000,
  });
  metrics.gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'Memory used by JavaScript objects, in bytes.',
    read: () => process.memoryUsage().heapUsed,
  });
  metrics.gauge({
    name: 'nodejs_external_memory_bytes',
    help: 'Memory of buffers and native objects, in bytes.',
    read: () => process.memoryUsage().external,
  });
}
