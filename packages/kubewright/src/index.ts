/**
 * What an author of controllers imports.
 *
 * @packageDocumentation
 */

// The program
export { Kubewright } from './application/kubewright.js';
export type { KubewrightOptions } from './application/kubewright.js';
export { devKubeconfigVariable, embedded } from './connections/embedded.js';
export { inCluster, kubeconfig } from '@kubewright/informer';
export type { InClusterOptions, KubeconfigOptions } from '@kubewright/informer';
export type { HealthServerOptions, MetricsAccess } from './health/health-server-options.js';
export { consoleLogger } from './logging/console-logger.js';
export type { ConsoleLoggerOptions } from './logging/console-logger.js';
export type { LogLevel } from './logging/log-sink.js';

// Controllers
export {
  Controller,
  Finalizer,
  Reconciler,
  TerminalError,
  Watches,
  WatchesKind,
  condition,
  leaderElection,
  requeueAfter,
} from '@kubewright/controller';
export type {
  ApplyOptions,
  ChildOptions,
  ConditionInput,
  ControllerOptions,
  LeaderElectionOptions,
  MapToKeys,
  Outcome,
  ReconcileContext,
  RequeueAfter,
  StatusOf,
} from '@kubewright/controller';

// Kinds of one's own
export {
  ArrayMaxSize,
  ArrayMinSize,
  CustomObject,
  CustomResource,
  Description,
  Example,
  IsBoolean,
  IsDateString,
  IsEmail,
  IsEnum,
  IsIn,
  IsInt,
  IsIntOrString,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsPositive,
  IsQuantity,
  IsString,
  IsUrl,
  Length,
  ListOf,
  MapOf,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  Nested,
  PreserveUnknownFields,
  Rule,
  customResourceDefinition,
  kindOf,
} from '@kubewright/controller';
export type { CustomResourceOptions, EachOption, ListOfOptions, PrinterColumn, Resource } from '@kubewright/controller';

// Decorators of one's own
export { composeDecorators, createDecorator } from '@kubewright/controller';
export type { MethodCall } from '@kubewright/controller';

// Services and plugins
export {
  Clock,
  Logger,
  Metrics,
  Plugin,
  Random,
  Tracer,
  contribute,
  extensionPoint,
  inject,
  multiInject,
  optional,
  provide,
  token,
} from '@kubewright/core';
export type {
  ExtensionPoint,
  Lifecycle,
  LogFields,
  PluginData,
  PluginLike,
  StartContext,
  StopContext,
  Token,
  UseOptions,
} from '@kubewright/core';
export type { ObjectKey } from '@kubewright/api';
export { CacheOptions, Cluster, LeaderGate } from '@kubewright/controller';
export type { Client, ClusterConnection, InformerFactory } from '@kubewright/informer';

// For programs: errors, health, configuration
export { HealthCheck, Host, KubewrightError, Readiness, defineErrors } from '@kubewright/core';
export type { HealthStatus, ReadinessReport } from '@kubewright/core';
export { kubewrightErrors } from './errors/kubewright-errors.js';
