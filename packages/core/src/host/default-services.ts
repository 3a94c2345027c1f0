import { Clock } from '../clock/clock.js';
import { SystemClock } from '../clock/system-clock.js';
import type { Token } from '../di/token.js';
import { Logger, silentLogger } from '../logger/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { MetricsRegistry } from '../metrics/metrics-registry.js';
import { recordProcess } from '../metrics/process-metrics.js';
import { Random } from '../random/random.js';
import { SystemRandom } from '../random/system-random.js';
import { Tracer, noTracer } from '../tracing/tracer.js';

/** The services that every host has, where neither a plugin nor a test brings its own. */
export function defaultServices(): [Token<unknown>, unknown][] {
  const metrics = new MetricsRegistry();
  recordProcess(metrics);
  return [
    [Clock, new SystemClock()],
    [Random, new SystemRandom()],
    [Logger, silentLogger],
    [Metrics, metrics],
    [Tracer, noTracer],
  ];
}
