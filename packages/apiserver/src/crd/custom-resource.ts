/**
 * Custom resources: from a CustomResourceDefinition to a resource that is served like a built-in one, and its state
 * told in the definition's status.
 */
import { applySchemaDefaults, apiVersionOf } from '@kubewright/api';
import type { JsonObject, Schema } from '@kubewright/api';
import { builtinSchema } from '@kubewright/api/schemas';
import type { ApiSubresource } from '@kubewright/api/schemas';
import type { Clock } from '@kubewright/core';
import { FieldManager, resetFields } from '../apply/index.js';
import type { Conversion, ScalePaths, ServedResource } from '../registry/served-resource.js';
import { storagePrefix } from '../registry/served-resource.js';
import { PartStrategy } from '../store/part-strategy.js';
import { customPrinter } from '../tables/index.js';
import { CustomStrategy } from './custom-strategy.js';
import type { Definition, DefinitionVersion } from './definition.js';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const partVerbs = ['get', 'patch', 'update'];

/** The resources that a definition serves, one for each served version. Each schema is prepared once, here. */
export function customResources(definition: Definition, clock: Clock): ServedResource[] {
  const stored = definition.versions.find(({ storage }) => storage);
  if (stored === undefined) return [];
  return definition.versions
    .filter(({ served }) => served)
    .map((version) => customResource(definition, version, stored, clock));
}

function customResource(
  definition: Definition,
  version: DefinitionVersion,
  stored: DefinitionVersion,
  clock: Clock,
): ServedResource {
  const { group, names, scope } = definition;
  const kind = { group, version: version.name, kind: names.kind };
  const strategy = new CustomStrategy(version);
  const status = new PartStrategy(strategy, (sent, next) => {
    if (sent['status'] === undefined) delete next['status'];
    else next['status'] = sent['status'];
  });
  return {
    ...kind,
    plural: names.plural,
    singular: names.singular,
    scope,
    shortNames: names.shortNames,
    categories: names.categories,
    verbs: definition.deleting ? verbs.filter((verb) => verb !== 'create') : verbs,
    subresources: subresourcesOf(version, kind),
    custom: true,
    prefix: storagePrefix(group, names.plural),
    schema: version.schema,
    resolve: builtinSchema,
    strategy,
    statusStrategy: status,
    nameFormat: 'subdomain',
    fieldManager: new FieldManager({
      kind,
      schema: version.schema,
      resolve: builtinSchema,
      resetFields: resetFields(version.hasStatus),
      clock,
    }),
    conversion: conversionOf(definition, version, stored),
    storedVersion: stored.name,
    printer: customPrinter(version.columns),
    scale: version.scale && scaleOf(version.scale),
    lifecycle: undefined,
    answersDeleted: false,
    warnings: version.warning === undefined ? [] : [version.warning],
  };
}

function subresourcesOf(version: DefinitionVersion, kind: ApiSubresource['kind']): ApiSubresource[] {
  const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  return [
    ...(version.hasStatus ? [{ name: 'status', kind, verbs: partVerbs }] : []),
    ...(version.scale === undefined ? [] : [{ name: 'scale', kind: scale, verbs: partVerbs }]),
  ];
}

function scaleOf(scale: NonNullable<DefinitionVersion['scale']>): ScalePaths {
  const steps = (path: string): string[] => path.split('.').filter((step) => step !== '');
  return {
    specReplicas: steps(scale.specReplicasPath),
    statusReplicas: steps(scale.statusReplicasPath),
    selector:
      scale.labelSelectorPath === undefined || scale.labelSelectorPath === ''
        ? undefined
        : steps(scale.labelSelectorPath),
  };
}

/**
 * Versions differ in their apiVersion alone. Objects may lack defaults that a schema got after they were stored, so they
 * are filled in on reads, unless the definition has never changed and they cannot be missing.
 */
function conversionOf(
  definition: Definition,
  version: DefinitionVersion,
  stored: DefinitionVersion,
): Conversion | undefined {
  const { group, generation } = definition;
  const own = version === stored;
  const fills = hasDefaults(version.schema) && (!own || generation > 1);
  if (own && !fills) return undefined;
  const served = apiVersionOf({ group, version: version.name });
  const kept = apiVersionOf({ group, version: stored.name });
  return {
    toStored: (object) => ({ ...object, apiVersion: kept }),
    fromStored(object) {
      const converted: JsonObject = { ...object, apiVersion: served };
      if (fills) applySchemaDefaults(version.schema, converted);
      return converted;
    },
  };
}

function hasDefaults(schema: Schema): boolean {
  if (schema.default !== undefined) return true;
  const inner = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  return inner.some((each) => typeof each === 'object' && hasDefaults(each));
}
