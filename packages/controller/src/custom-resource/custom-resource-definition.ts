import type { Schema } from '@kubewright/api';
import type { CustomResourceDefinition, JSONSchemaProps } from '@kubewright/api/apiextensions/v1';
import { classSchema } from './class-schema.js';
import type { RuleSource } from './class-schema.js';
import type { CustomResourceDescription } from './custom-resource.js';
import type { Constructor } from './field-metadata.js';

/** The CustomResourceDefinition of a class, ready to be applied. Throws where a field's type is not told. */
export function customResourceDefinition(
  description: CustomResourceDescription,
  rulesOf: RuleSource,
): CustomResourceDefinition {
  const { group, version, kind, plural, singular, scope, shortNames, categories, options } = description;
  const { spec, status, printerColumns = [], scale } = options;
  const schema: Schema = {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      ...(spec && { spec: classSchema(spec, rulesOf) }),
      ...(status && { status: statusSchema(status, rulesOf) }),
    },
    ...(spec && { required: ['spec'] }),
  };
  const subresources = { ...(status && { status: {} }), ...(scale && { scale: { ...scale } }) };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: {
        kind,
        plural,
        singular,
        listKind: `${kind}List`,
        ...(shortNames.length > 0 && { shortNames: [...shortNames] }),
        ...(categories.length > 0 && { categories: [...categories] }),
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema as JSONSchemaProps },
          ...(Object.keys(subresources).length > 0 && { subresources }),
          ...(printerColumns.length > 0 && {
            additionalPrinterColumns: printerColumns.map((column) => ({ ...column })),
          }),
        },
      ],
    },
  };
}

/** What the framework keeps in every status, unless the class says something else of it. */
const standardStatus: Readonly<Record<string, Schema>> = {
  observedGeneration: { type: 'integer', format: 'int64' },
  conditions: {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
    items: {
      type: 'object',
      required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
      properties: {
        type: { type: 'string', maxLength: 316 },
        status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
        observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
        lastTransitionTime: { type: 'string', format: 'date-time' },
        reason: { type: 'string', minLength: 1, maxLength: 1024 },
        message: { type: 'string', maxLength: 32_768 },
      },
    },
  },
};

function statusSchema(status: Constructor, rulesOf: RuleSource): Schema {
  const own = withoutDemands(classSchema(status, rulesOf));
  return { ...own, properties: { ...standardStatus, ...own.properties } };
}

/** A status is written piece by piece by those who observe it: its fields are neither demanded nor filled in by the server. */
function withoutDemands(schema: Schema): Schema {
  const { required: _required, default: _default, properties, ...rest } = schema;
  if (properties === undefined) return rest;
  return {
    ...rest,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, withoutDemands(property)]),
    ),
  };
}
