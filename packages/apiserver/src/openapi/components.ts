/** The names and shapes of schemas in the documents. */
import type { GroupVersionKind, Json, Schema } from '@kubewright/api';
import { builtinSchema, schemaNames, schemaOfKind } from '@kubewright/api/schemas';
import { keysOf } from '@kubewright/core';
import type { DiscoveredResource } from '../discovery/index.js';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

export const wellKnown = {
  objectMeta: `${meta}.ObjectMeta`,
  listMeta: `${meta}.ListMeta`,
  patch: `${meta}.Patch`,
  status: `${meta}.Status`,
  deleteOptions: `${meta}.DeleteOptions`,
} as const;

/** A group's name as the names of schemas hold it: reversed, as `com.example.web`. */
function reversed(group: string): string {
  return group.split('.').toReversed().join('.');
}

/** The schemas that documents may refer to: those of built-in kinds, and those of the custom resources handed in. */
export class Components {
  readonly #builtin = new Map<Schema, string>();
  readonly #custom = new Map<string, Schema>();

  constructor(resources: Iterable<DiscoveredResource>) {
    for (const name of schemaNames()) this.#builtin.set(builtinSchema(name), name);
    for (const resource of resources) {
      if (!resource.schema) continue;
      const name = customName(resource);
      this.#custom.set(name, customSchema(resource, resource.schema));
      this.#custom.set(`${name}List`, listSchema(resource, name));
    }
  }

  /** The name of a kind's schema, or undefined where nothing is known of the kind. */
  nameOf(kind: GroupVersionKind): string | undefined {
    const custom = customName(kind);
    if (this.#custom.has(custom)) return custom;
    const schema = schemaOfKind(kind);
    return schema && this.#builtin.get(schema);
  }

  schema(name: string): Schema {
    return this.#custom.get(name) ?? builtinSchema(name);
  }

  isCustom(name: string): boolean {
    return this.#custom.has(name);
  }

  /** The schemas named, and all that they refer to, sorted. */
  closure(roots: Iterable<string>): string[] {
    const found = new Set<string>();
    const waiting = [...roots];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      collect(this.schema(name), waiting);
    }
    return [...found].toSorted();
  }
}

function customName({ group, version, kind }: GroupVersionKind): string {
  return `${reversed(group)}.${version}.${kind}`;
}

function kindTag({ group, version }: GroupVersionKind, kind: string) {
  return [{ group, version, kind }];
}

/** The object's own schema with the fields that every object has. */
function customSchema(resource: DiscoveredResource, schema: Schema): Schema {
  return {
    ...schema,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { $ref: wellKnown.objectMeta },
      ...without(schema.properties ?? {}, ['apiVersion', 'kind', 'metadata']),
    },
    'x-kubernetes-group-version-kind': kindTag(resource, resource.kind),
  };
}

function without(properties: Readonly<Record<string, Schema>>, keys: readonly string[]): Record<string, Schema> {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !keys.includes(key)));
}

function listSchema(resource: DiscoveredResource, item: string): Schema {
  return {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      items: { type: 'array', items: { $ref: item } },
      kind: { type: 'string' },
      metadata: { $ref: wellKnown.listMeta },
    },
    'x-kubernetes-group-version-kind': kindTag(resource, `${resource.kind}List`),
  };
}

/** Adds the names that a schema refers to. */
function collect(schema: Schema, names: string[]): void {
  if (schema.$ref !== undefined) names.push(schema.$ref);
  for (const child of children(schema)) collect(child, names);
}

function children(schema: Schema): Schema[] {
  const list = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ];
  for (const child of [schema.items, schema.not]) if (child) list.push(child);
  if (typeof schema.additionalProperties === 'object') list.push(schema.additionalProperties);
  return list;
}

/** The schema as a version 3 document holds it: references become pointers, and stand alone. */
export function schemaV3(schema: Schema): Json {
  const { $ref, ...rest } = schema;
  if ($ref !== undefined) {
    const pointer = { $ref: `#/components/schemas/${$ref}` };
    return Object.keys(rest).length === 0 ? pointer : { allOf: [pointer], ...mapped(rest, schemaV3) };
  }
  return mapped(schema, schemaV3);
}

/** A schema with its children replaced. */
export function mapped(schema: Schema, convert: (child: Schema) => Json): { [key: string]: Json } {
  const result: { [key: string]: Json } = {};
  for (const key of keysOf(schema)) {
    const value = schema[key];
    if (value === undefined) continue;
    result[key] = mappedField(schema, key, convert) ?? (value as Json);
  }
  return result;
}

function mappedField(schema: Schema, key: keyof Schema, convert: (child: Schema) => Json): Json | undefined {
  switch (key) {
    case 'properties':
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, child]) => [name, convert(child)]));
    case 'items':
    case 'not': {
      const child = schema[key];
      return child && convert(child);
    }
    case 'additionalProperties':
      return typeof schema.additionalProperties === 'object' ? convert(schema.additionalProperties) : undefined;
    case 'allOf':
    case 'anyOf':
    case 'oneOf':
      return schema[key]?.map(convert);
    default:
      return undefined;
  }
}
