/**
 * Traces of Kubewright programs through OpenTelemetry.
 *
 * @packageDocumentation
 */
export { openTelemetry } from './open-telemetry.js';
export type { OpenTelemetryOptions } from './open-telemetry.js';
export { OpenTelemetryTracer } from './open-telemetry-tracer.js';
