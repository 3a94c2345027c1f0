/**
 * The schemas and resources of the built-in kinds, as a server needs them. The text of each is parsed when it is asked for, and
 * nothing else of the package imports this module: a client never loads it.
 *
 * The schemas hold what the release's OpenAPI documents hold except texts: no descriptions, no enum values and no constraints
 * beyond type, format and `required`. What a value may be is checked by the server's own validation.
 *
 * @packageDocumentation
 */
import { parseTrusted } from '@kubewright/core';
import { apiErrors } from '../errors.js';
import { resourcesJson, schemaLines } from '../generated/schemas.js';
import type { GroupVersionKind } from '../kind/kind.js';
import type { Schema, SchemaResolver } from '../schema/schema.js';
import type { ApiResource } from './api-resource.js';

export type { ApiResource, ApiSubresource } from './api-resource.js';

interface Tables {
  /** By name: a schema, or its JSON as long as nobody has asked for it. */
  readonly schemas: Map<string, Schema | string>;
  readonly nameByKind: ReadonlyMap<string, string>;
}

let tables: Tables | undefined;
let resources: readonly ApiResource[] | undefined;

/** Finds a built-in schema by its bare name, as `io.k8s.api.apps.v1.Deployment`. Frozen; throws for an unknown name. */
export const builtinSchema: SchemaResolver = (name) => {
  const { schemas } = load();
  const known = schemas.get(name);
  if (known === undefined) throw apiErrors.UNKNOWN_SCHEMA({ name });
  if (typeof known !== 'string') return known;
  const schema = freeze(parseTrusted<Schema>(known));
  schemas.set(name, schema);
  return schema;
};

/** The schema of a built-in kind (lists and options included), or undefined for a kind that is not built in. Frozen. */
export function schemaOfKind(kind: GroupVersionKind): Schema | undefined {
  const name = load().nameByKind.get(kindKey(kind));
  return name === undefined ? undefined : builtinSchema(name);
}

/** The names of all built-in schemas, sorted. */
export function schemaNames(): string[] {
  return [...load().schemas.keys()];
}

/** The built-in resources of every group and version, frozen; sorted by group, version and plural. */
export function builtinResources(): readonly ApiResource[] {
  resources ??= freeze(parseTrusted<ApiResource[]>(resourcesJson));
  return resources;
}

function load(): Tables {
  if (tables !== undefined) return tables;
  const schemas = new Map<string, Schema | string>();
  const nameByKind = new Map<string, string>();
  for (const line of schemaLines.split('\n')) {
    const afterName = line.indexOf(' ');
    const afterKinds = line.indexOf(' ', afterName + 1);
    const name = line.slice(0, afterName);
    schemas.set(name, line.slice(afterKinds + 1));
    if (afterKinds > afterName + 1)
      for (const kind of line.slice(afterName + 1, afterKinds).split(',')) nameByKind.set(kind, name);
  }
  tables = { schemas, nameByKind };
  return tables;
}

function kindKey({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`;
}

function freeze<T extends object>(value: T): T {
  const children: readonly unknown[] = Object.values(value);
  for (const child of children) if (typeof child === 'object' && child !== null) freeze(child);
  return Object.freeze(value);
}
