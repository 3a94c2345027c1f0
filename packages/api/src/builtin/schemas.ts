/**
 * The schemas and resources of the built-in kinds, as a server needs them. Their text is parsed at the first question, and
 * nothing else of the package imports this module: a client never loads it.
 *
 * The schemas hold what the release's OpenAPI documents hold except texts: no descriptions, no enum values and no constraints
 * beyond type, format and `required`. What a value may be is checked by the server's own validation.
 *
 * @packageDocumentation
 */
import { apiErrors } from '../errors.js';
import { resourcesJson, schemasJson } from '../generated/schemas.js';
import type { GroupVersionKind } from '../kind/kind.js';
import type { Schema, SchemaResolver } from '../schema/schema.js';
import type { ApiResource } from './api-resource.js';

export type { ApiResource, ApiSubresource } from './api-resource.js';

interface Tables {
  readonly schemas: ReadonlyMap<string, Schema>;
  readonly byKind: ReadonlyMap<string, Schema>;
}

let tables: Tables | undefined;
let resources: readonly ApiResource[] | undefined;

/** Finds a built-in schema by its bare name, as `io.k8s.api.apps.v1.Deployment`. Frozen; throws for an unknown name. */
export const builtinSchema: SchemaResolver = (name) => {
  const schema = load().schemas.get(name);
  if (schema === undefined) throw apiErrors.UNKNOWN_SCHEMA({ name });
  return freeze(schema);
};

/** The schema of a built-in kind (lists and options included), or undefined for a kind that is not built in. Frozen. */
export function schemaOfKind(kind: GroupVersionKind): Schema | undefined {
  const schema = load().byKind.get(kindKey(kind));
  return schema && freeze(schema);
}

/** The names of all built-in schemas, sorted. */
export function schemaNames(): string[] {
  return [...load().schemas.keys()];
}

/** The built-in resources of every group and version, frozen; sorted by group, version and plural. */
export function builtinResources(): readonly ApiResource[] {
  resources ??= freeze(JSON.parse(resourcesJson) as ApiResource[]);
  return resources;
}

function load(): Tables {
  if (tables !== undefined) return tables;
  const schemas = new Map(Object.entries(JSON.parse(schemasJson) as Record<string, Schema>));
  const byKind = new Map<string, Schema>();
  for (const schema of schemas.values())
    for (const kind of schema['x-kubernetes-group-version-kind'] ?? []) byKind.set(kindKey(kind), schema);
  tables = { schemas, byKind };
  return tables;
}

function kindKey({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`;
}

/** To any depth, once: what is frozen is so below as well. Few of the schemas are ever asked for, so each when it is. */
function freeze<T extends object>(value: T): T {
  if (Object.isFrozen(value)) return value;
  for (const child of Object.values(value) as unknown[]) if (typeof child === 'object' && child !== null) freeze(child);
  return Object.freeze(value);
}
