/** All behavior of built-in kinds, and the strategies made of it. */
import type { GroupVersionKind, Schema, SchemaResolver } from '@kubewright/api';
import { builtinSchema, schemaOfKind } from '@kubewright/api/schemas';
import type { Strategy } from '../../strategy.js';
import { controllerRevision, daemonSet } from '../apps/daemon-set.js';
import { deployment } from '../apps/deployment.js';
import { replicaSet, replicationController } from '../apps/replica-sets.js';
import { statefulSet } from '../apps/stateful-set.js';
import { horizontalPodAutoscaler, horizontalPodAutoscalerV1 } from '../autoscaling/autoscaler.js';
import { cronJob, job } from '../batch/jobs.js';
import { configMap, secret } from '../core/configuration.js';
import { event, eventsEvent } from '../core/events.js';
import { namespace } from '../core/namespace.js';
import { node } from '../core/node.js';
import { persistentVolume, persistentVolumeClaim } from '../core/persistent-volumes.js';
import { pod } from '../core/pod.js';
import { service } from '../core/service.js';
import { endpoints, limitRange, podTemplate, resourceQuota, serviceAccount } from '../core/small-kinds.js';
import { admissionKinds } from '../extensions/admission.js';
import { customResourceDefinition } from '../extensions/custom-resource-definition.js';
import {
  apiService,
  certificateSigningRequest,
  flowSchema,
  lease,
  priorityClass,
  priorityLevelConfiguration,
  runtimeClass,
} from '../extensions/small-kinds.js';
import {
  endpointSlice,
  ingress,
  ingressClass,
  ipAddress,
  networkPolicy,
  serviceCIDR,
} from '../networking/networking.js';
import { podDisruptionBudget } from '../policy/disruption-budget.js';
import { rbacKinds } from '../rbac/rbac.js';
import { csiDriver, csiNode, storageClass, volumeAttachment, volumeAttributesClass } from '../storage/storage.js';
import type { Behavior, NameFormat } from '../strategy/behavior.js';
import { KindStrategy } from '../strategy/kind-strategy.js';
import { SchemaDefaults } from '../strategy/schema-defaults.js';
import { StatusStrategy } from '../strategy/status-strategy.js';

const behaviors = new Map<string, Behavior>(
  [
    pod,
    service,
    configMap,
    secret,
    namespace,
    node,
    event,
    eventsEvent,
    persistentVolume,
    persistentVolumeClaim,
    serviceAccount,
    podTemplate,
    endpoints,
    resourceQuota,
    limitRange,
    replicationController,
    deployment,
    replicaSet,
    statefulSet,
    daemonSet,
    controllerRevision,
    job,
    cronJob,
    ingress,
    ingressClass,
    networkPolicy,
    endpointSlice,
    serviceCIDR,
    ipAddress,
    podDisruptionBudget,
    horizontalPodAutoscaler,
    horizontalPodAutoscalerV1,
    ...rbacKinds,
    storageClass,
    csiDriver,
    csiNode,
    volumeAttachment,
    volumeAttributesClass,
    customResourceDefinition,
    lease,
    priorityClass,
    runtimeClass,
    certificateSigningRequest,
    apiService,
    flowSchema,
    priorityLevelConfiguration,
    ...admissionKinds,
  ].map((behavior) => [key(behavior), behavior]),
);

function key({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`;
}

/** Kinds whose agents write labels and annotations together with the status. */
const statusWithMetadata = new Set([
  '/v1/Pod',
  '/v1/Node',
  '/v1/PersistentVolume',
  '/v1/PersistentVolumeClaim',
  '/v1/Namespace',
]);

/** Where the schemas of built-in kinds come from. */
export interface SchemaSource {
  schemaOfKind(kind: GroupVersionKind): Schema | undefined;
  readonly resolve: SchemaResolver;
}

/** The strategies of the built-in kinds, each made when first asked for and then kept. */
export class BuiltinStrategies {
  readonly #source: SchemaSource;
  readonly #main = new Map<string, Strategy>();
  readonly #status = new Map<string, Strategy>();

  /** @param source - default: the schemas of `@kubewright/api/schemas`. */
  constructor(source: SchemaSource = { schemaOfKind, resolve: builtinSchema }) {
    this.#source = source;
  }

  /** The strategy for writes to objects of the kind. A kind that has no rules of its own gets what its schema tells. */
  of(kind: GroupVersionKind): Strategy {
    const name = key(kind);
    let strategy = this.#main.get(name);
    if (!strategy) {
      const schema = this.#source.schemaOfKind(kind);
      const defaults = schema && new SchemaDefaults(schema, this.#source.resolve);
      strategy = new KindStrategy(behaviors.get(name) ?? kind, defaults);
      this.#main.set(name, strategy);
    }
    return strategy;
  }

  /** The strategy for writes to the status subresource of the kind. */
  statusOf(kind: GroupVersionKind): Strategy {
    const name = key(kind);
    let strategy = this.#status.get(name);
    if (!strategy) {
      strategy = new StatusStrategy(this.of(kind), !statusWithMetadata.has(name));
      this.#status.set(name, strategy);
    }
    return strategy;
  }
}

/** The syntax that names of the kind must have. */
export function nameFormatOf(kind: GroupVersionKind): NameFormat {
  return behaviors.get(key(kind))?.nameFormat ?? 'subdomain';
}
