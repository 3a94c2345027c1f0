/**
 * The kernel of Kubewright, with nothing of Kubernetes in it.
 *
 * @packageDocumentation
 */

// Services that every package uses
export { Clock } from './clock/clock.js';
export type { Timer, TimerOptions } from './clock/clock.js';
export { SystemClock } from './clock/system-clock.js';
export { Random } from './random/random.js';
export { SystemRandom } from './random/system-random.js';
export { Logger, silentLogger } from './logger/logger.js';
export type { LogFields } from './logger/logger.js';
export { Metrics, noMetrics } from './metrics/metrics.js';
export type {
  Counter,
  Gauge,
  Histogram,
  HistogramOptions,
  InstrumentOptions,
  Labels,
  MetricFamily,
  ReadableOptions,
  Sample,
} from './metrics/metrics.js';
export { MetricsRegistry } from './metrics/metrics-registry.js';
export type { MetricsRegistryOptions } from './metrics/metrics-registry.js';
export { exposition } from './metrics/exposition.js';
export type { Exposition } from './metrics/exposition.js';
export { recordProcess } from './metrics/process-metrics.js';
export { Tracer, noTracer } from './tracing/tracer.js';
export type { Span, SpanAttributes, SpanOptions } from './tracing/tracer.js';

// Errors
export { KubewrightError, defineErrors } from './errors/define-errors.js';
export type { ErrorKind } from './errors/define-errors.js';
export { coreErrors } from './errors/core-errors.js';
export { errorCode, hasCode } from './errors/error-code.js';
export { isList, isOneOf, isRecord, keysOf, parseTrusted, recordOf } from './json/unknown-value.js';
export type { UnknownRecord } from './json/unknown-value.js';
export { asError, messageOf } from './errors/message-of.js';

// Dependency injection
export { inject, multiInject, optional } from 'inversify';
export { token, tokenName } from './di/token.js';
export type { Token } from './di/token.js';
export type { Class } from './di/injection.js';

// The host
export { Host } from './host/host.js';
export type { HostOptions, HostState, LateContributionOptions } from './host/host.js';
export { runUntilSignal } from './host/run-until-signal.js';
export type { SignalTarget } from './host/run-until-signal.js';
export { Readiness } from './health/readiness.js';
export type { CheckResult, ReadinessReport } from './health/readiness.js';

// Settings as data; what reads them is in `@kubewright/core/config`
export { formatDuration, parseDuration } from './config/duration.js';
export { defineSettings } from './config/settings.js';
export type {
  BooleanSetting,
  DurationSetting,
  EnumSetting,
  ListSetting,
  NumberSetting,
  Setting,
  SettingValues,
  Settings,
  StringSetting,
} from './config/settings.js';

// For plugin authors
export { Plugin, contribute, last, pluginData, provide } from './plugin/plugin.js';
export type {
  Binding,
  BindingTarget,
  Implementation,
  PluginData,
  PluginDefinition,
  PluginLike,
} from './plugin/plugin.js';
export { extensionPoint, isExtensionPoint } from './plugin/extension-point.js';
export type { ExtensionPoint, ExtensionPointOptions } from './plugin/extension-point.js';
export { contributionsTo } from './plugin/contributions.js';
export type { Contributions } from './plugin/contributions.js';
export { skip } from './plugin/skip.js';
export type { CheckContext, Skip } from './plugin/skip.js';
export { level, levelOf } from './plugin/level.js';
export type { Level } from './plugin/level.js';
export type { Lifecycle, StartContext, StopContext } from './plugin/lifecycle.js';
export { stages } from './plugin/stage.js';
export type { Stage } from './plugin/stage.js';
export { HealthCheck } from './health/health-check.js';
export type { HealthStatus } from './health/health-check.js';
export { CliCommand, defineCommand } from './cli/command.js';
export type {
  CommandContext,
  CommandDefinition,
  CommandHandler,
  CommandInvocation,
  CommandIo,
  CommandOutput,
  CommandWords,
  ReadCommandLine,
} from './cli/command.js';
export { PluginGraph } from './registry/graph.js';
export type { PluginReport, PluginState } from './registry/plugin-report.js';
export type { GraphEdge, GraphNode } from './registry/graph.js';
export { nameOfPlugin } from './registry/registry.js';
export type { PluginReference, PluginUse, UseOptions } from './registry/registry.js';
export { didYouMean } from './text/nearest.js';
export { Utf8Decoder, decodeUtf8 } from './text/utf8-decoder.js';
export { satisfies } from './version/satisfies.js';
