/**
 * The controller framework: a decorated class with a `reconcile` method, and everything around it.
 *
 * @packageDocumentation
 */

// Controllers
export { Controller } from './decorators/controller.js';
export type { ControllerOptions } from './decorators/controller.js';
export { Reconciler } from './reconcile/reconciler.js';
export type { ReconcileContext, StatusPatch, StatusOf } from './reconcile/reconcile-context.js';
export type { ApplyOptions, ChildOptions, PartialChild } from './objects/child-options.js';
export { existsLive } from './reconcile/exists-live.js';
export { addFinalizers, removeFinalizer, withFinalizers } from './objects/finalizer-edits.js';
export type { FinalizerAccess, FinalizerOptions } from './objects/finalizer-edits.js';
export { claimChildren } from './adoption/claim-children.js';
export type { ClaimOptions } from './adoption/claim-children.js';
export { controlledBy, orphans } from './adoption/ownership-index.js';
export { Expectations } from './batch/expectations.js';
export { slowStart } from './batch/slow-start.js';
export { isSemanticallyEqual } from './objects/semantic-equal.js';
export { TerminalError, requeueAfter } from './reconcile/outcome.js';
export type { Outcome, RequeueAfter } from './reconcile/outcome.js';
export { Finalizer } from './decorators/finalizer.js';
export { Watches, WatchesKind } from './decorators/watches.js';
export type { MapToKeys } from './decorators/watches.js';
export { condition } from './status/condition.js';
export type { ConditionInput } from './status/condition.js';

// Kinds of one's own
export { CustomObject, CustomResource, kindOf } from './custom-resource/custom-resource.js';
export type { CustomResourceOptions, PrinterColumn, Resource } from './custom-resource/custom-resource.js';
export {
  Description,
  Example,
  IsIntOrString,
  IsQuantity,
  ListOf,
  MapOf,
  Nested,
  PreserveUnknownFields,
  Rule,
} from './custom-resource/field-decorators.js';
export type { ListOfOptions } from './custom-resource/field-decorators.js';
export {
  ArrayMaxSize,
  ArrayMinSize,
  IsBoolean,
  IsDateString,
  IsEmail,
  IsEnum,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsPositive,
  IsString,
  IsUrl,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
} from './custom-resource/value-decorators.js';
export type { EachOption } from './custom-resource/value-decorators.js';
export type { Constructor, ElementType } from './custom-resource/field-metadata.js';
export { classSchema, validatorRules } from './custom-resource/class-schema.js';
export type { RuleSource } from './custom-resource/class-schema.js';
export { customResourceDefinition } from './custom-resource/custom-resource-definition.js';
export { customResourceOf } from './custom-resource/custom-resource.js';
export type { CustomResourceDescription } from './custom-resource/custom-resource.js';

// Decorators of one's own
export { composeDecorators, createDecorator } from './decorators/create-decorator.js';
export type { MethodCall } from './decorators/create-decorator.js';

// The cluster and what runs on it
export { CacheOptions, Cluster, ConnectedCluster, Connection, connectTo } from './cluster/cluster.js';
export { clusterLevel } from './cluster/cluster-level.js';
export type { ClientIdentity } from './cluster/cluster.js';
export { leaderElection } from './leader-election/leader-election.js';
export type { LeaderElectionOptions } from './leader-election/leader-election.js';
export { LeaderGate } from './leader-election/leader-gate.js';
export { leaseDurationOf } from './leader-election/lease.js';
export type { LeaseTimes } from './leader-election/lease-times.js';
export { AccessReview } from './access-review/access-review.js';
export type { AccessRequest, AccessVerdict } from './access-review/access-review.js';
export { WriteFence } from './write-fence/write-fence.js';
export type { WritePass } from './write-fence/write-fence.js';
export { ControllerManager, controllerHost } from './manager/controller-manager.js';
export { CustomResourceInstaller } from './manager/custom-resource-installer.js';
export { ControllerExtension, controllerOptionsOf } from './decorators/controller.js';
export { watchedResources } from './decorators/watched-resources.js';
export { EventRecorder } from './events/event-recorder.js';
export type { EventInput, EventRecorderOptions } from './events/event-recorder.js';
export { controllerErrors } from './errors/controller-errors.js';
