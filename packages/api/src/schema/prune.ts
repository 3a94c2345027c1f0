/**
 * Removes from a custom resource what its structural schema does not name. The metadata of an object is left alone: its fields are
 * the same for every kind, and `decodeStrict` handles them.
 */
import type { JsonObject, MutableJson } from '../json/json.js';
import { childPath, indexPath } from '../validation/field-error.js';
import { RemovedFields } from './removed-fields.js';
import type { Schema } from './schema.js';

/** Fields that every object has, whatever its schema says. */
const objectFields = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Prunes the object itself.
 *
 * @param value - a whole object: `apiVersion`, `kind` and `metadata` stay.
 * @returns the paths of what was removed, in the object's order, a hundred at most: what `unknown field "spec.x"` is said of.
 */
export function prune(schema: Schema, value: JsonObject): string[] {
  const removed = new RemovedFields();
  pruneObject(schema, value, '', true, removed);
  return removed.paths;
}

function pruneValue(schema: Schema, value: MutableJson, path: string, removed: RemovedFields): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    if (schema.items === undefined) return;
    for (const [index, item] of value.entries()) pruneValue(schema.items, item, indexPath(path, index), removed);
    return;
  }
  pruneObject(schema, value, path, schema['x-kubernetes-embedded-resource'] === true, removed);
}

function pruneObject(schema: Schema, value: JsonObject, path: string, whole: boolean, removed: RemovedFields): void {
  const { properties, additionalProperties } = schema;
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
  for (const name of Object.keys(value)) {
    if (whole && objectFields.has(name)) continue;
    const child = value[name];
    const own = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    const known = own ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (known !== undefined) pruneValue(known, child ?? null, childPath(path, name), removed);
    else if (!keepsUnknown) {
      delete value[name];
      removed.add(childPath(path, name));
    }
  }
}
