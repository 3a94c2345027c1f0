/** The version 2 document, as a model that is written as JSON and as protobuf alike. */
import type { Json, Schema } from '@kubewright/api';
import type { DiscoveredResource } from '../discovery/index.js';
import { mapped } from './components.js';
import type { Components } from './components.js';
import { pathsOf } from './paths.js';
import type { ApiPath, Operation, Parameter } from './paths.js';

export type JsonMap = { readonly [key: string]: Json };

/** One piece of the document. All paths come before all definitions. */
export type PieceV2 =
  | { readonly type: 'path'; readonly name: string; readonly value: JsonMap }
  | { readonly type: 'definition'; readonly name: string; readonly value: JsonMap };

export function* piecesV2(resources: readonly DiscoveredResource[], components: Components): Generator<PieceV2> {
  const used = new Set<string>();
  for (const resource of resources) {
    for (const path of pathsOf(resource, components)) {
      for (const { body, response } of path.operations) {
        if (body !== undefined) used.add(body);
        if (response !== undefined) used.add(response);
      }
      yield { type: 'path', name: path.path, value: pathItem(path, resource.schema !== undefined) };
    }
  }
  for (const name of components.closure(used)) {
    const value = schemaV2(components.schema(name), components.isCustom(name));
    yield { type: 'definition', name, value };
  }
}

function pathItem({ parameters, operations }: ApiPath, custom: boolean): JsonMap {
  const item: { [key: string]: Json } = {};
  for (const operation of operations) item[operation.method] = operationJson(operation, custom);
  return { ...item, parameters: parameters.map(parameterJson) };
}

function parameterJson({ name, in: place, type }: Parameter): Json {
  return { uniqueItems: true, type, name, in: place, ...(place === 'path' && { required: true }) };
}

function operationJson(
  { method, action, id, tag, kind, parameters, body, response }: Operation,
  custom: boolean,
): JsonMap {
  const patches = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
  const consumes =
    method !== 'patch' ? ['*/*'] : custom ? patches : [...patches, 'application/strategic-merge-patch+json'];
  const schema: Json = response === undefined ? { type: 'string' } : reference(response);
  const sent =
    body === undefined
      ? []
      : [{ name: 'body', in: 'body', ...(method !== 'delete' && { required: true }), schema: reference(body) }];
  const responses: { [key: string]: Json } = {
    '200': { description: 'OK', schema },
    '401': { description: 'Unauthorized' },
  };
  return {
    consumes,
    produces: ['application/json', 'application/yaml', ...(custom ? [] : ['application/vnd.kubernetes.protobuf'])],
    schemes: ['https'],
    tags: [tag],
    operationId: id,
    parameters: [...sent, ...parameters.map(parameterJson)],
    responses,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version },
  };
}

function reference(name: string): JsonMap {
  return { $ref: `#/definitions/${name}` };
}

/** What version 2 has no word for. */
const unknownToV2 = new Set(['oneOf', 'anyOf', 'not', 'nullable', 'x-kubernetes-validations', 'example']);

/**
 * The schema in version 2's words. Values of several types lose their type; what a custom resource may hold beyond its
 * schema is left open, since clients would otherwise refuse it.
 */
export function schemaV2(schema: Schema, custom = false): JsonMap {
  if (schema.$ref !== undefined) return reference(schema.$ref);
  const convert = (child: Schema): Json => schemaV2(child, custom);
  const plain = mapped(schema, convert);
  for (const key of unknownToV2) delete plain[key];
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || (custom && schema.nullable === true);
  if (open) for (const key of ['type', 'properties', 'items', 'additionalProperties', 'required']) delete plain[key];
  if (!custom && schema.oneOf && plain['type'] === undefined) plain['type'] = 'string';
  if (custom && schema['x-kubernetes-int-or-string'] === true) delete plain['type'];
  return plain;
}
