import type { GroupVersionKind } from '@kubewright/api';
import { builtinResources, builtinSchema, schemaOfKind } from '@kubewright/api/schemas';
import type { ApiResource } from '@kubewright/api/schemas';
import type { Clock } from '@kubewright/core';
import { FieldManager, resetFields } from '../apply/index.js';
import { terminating } from '../crd/definition-status.js';
import { cleanupFinalizer, definitionGroup, definitionPlural } from '../crd/definition.js';
import { BuiltinStrategies, nameFormatOf } from '../kinds/index.js';
import { isJsonObject } from '../object/object-bytes.js';
import { printerOf } from '../tables/index.js';
import { builtinConversion } from './builtin-conversions.js';
import { storagePrefix } from '../registry/served-resource.js';
import type { DeletionRules, ScalePaths, ServedResource } from '../registry/served-resource.js';

/** Deletes of these answer the object; of all others a Status. */
const answersDeleted = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'podtemplates',
  'resourcequotas',
]);

const scale: ScalePaths = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
};

/** A namespace ends when the controller that empties it has taken its finalizer from the specification. */
const namespaceLifecycle: DeletionRules = {
  beginDeletion(object) {
    object['status'] = { ...(isJsonObject(object['status']) ? object['status'] : {}), phase: 'Terminating' };
  },
  isFinished(object) {
    const finalizers = isJsonObject(object['spec']) ? object['spec']['finalizers'] : undefined;
    return !Array.isArray(finalizers) || finalizers.length === 0;
  },
};

/** A definition goes once its objects are gone. */
const definitionLifecycle: DeletionRules = {
  finalizer: cleanupFinalizer,
  beginDeletion(object, now) {
    const status = isJsonObject(object['status']) ? object['status'] : {};
    object['status'] = terminating(status, 'InstanceDeletionPending', 'its objects are being deleted', now);
  },
  isFinished: () => true,
};

const lifecycles: Readonly<Record<string, DeletionRules>> = {
  '/namespaces': namespaceLifecycle,
  [`${definitionGroup}/${definitionPlural}`]: definitionLifecycle,
};

/** The built-in resources of all stable versions; alpha and beta versions are not served. */
export function makeBuiltinResources(clock: Clock): ServedResource[] {
  const strategies = new BuiltinStrategies();
  return builtinResources()
    .filter(({ version }) => /^v\d+$/.test(version))
    .map((resource) => makeBuiltinResource(resource, strategies, clock));
}

function makeBuiltinResource(resource: ApiResource, strategies: BuiltinStrategies, clock: Clock): ServedResource {
  const kind: GroupVersionKind = { group: resource.group, version: resource.version, kind: resource.kind };
  const strategy = strategies.of(kind);
  const schema = schemaOfKind(kind);
  const conversion = builtinConversion(kind);
  return {
    ...resource,
    custom: false,
    prefix: storagePrefix(conversion?.storedGroup ?? resource.group, resource.plural),
    schema,
    resolve: builtinSchema,
    strategy,
    statusStrategy: strategies.statusOf(kind),
    nameFormat: nameFormatOf(kind),
    fieldManager: new FieldManager({
      kind,
      schema,
      resolve: builtinSchema,
      resetFields: resetFields(strategy.hasStatus),
      clock,
    }),
    conversion: conversion?.conversion,
    storedVersion: conversion?.storedVersion ?? resource.version,
    printer: printerOf(kind),
    scale: resource.subresources.some(({ name }) => name === 'scale') ? scale : undefined,
    lifecycle: lifecycles[`${resource.group}/${resource.plural}`],
    answersDeleted: resource.group === '' && answersDeleted.has(resource.plural),
    warnings: [],
  };
}
