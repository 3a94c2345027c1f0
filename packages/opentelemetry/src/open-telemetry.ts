import { Tracer, provide } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { trace } from '@opentelemetry/api';
import type { Tracer as ApiTracer } from '@opentelemetry/api';
import { OpenTelemetryTracer } from './open-telemetry-tracer.js';

export interface OpenTelemetryOptions {
  /** Default: that of the SDK that the process has registered, by the name `@kubewright/opentelemetry`. */
  readonly tracer?: ApiTracer;
}

/**
 * A plugin that gives a program's spans to OpenTelemetry: `use(openTelemetry())`. The SDK, with its exporters, sampling, context
 * manager and propagator, is the process's own to set up, before or after; without one nothing is traced.
 */
export function openTelemetry({ tracer }: OpenTelemetryOptions = {}): PluginLike {
  const value = new OpenTelemetryTracer(tracer ?? trace.getTracer('@kubewright/opentelemetry'));
  return { name: 'opentelemetry', provides: [provide(Tracer, { value })] };
}
