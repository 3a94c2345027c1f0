import { statusErrors } from '../status/status-errors.js';
import type { Json, JsonObject, MutableJson } from '../json/json.js';
import type { Schema, SchemaResolver } from '../schema/schema.js';
import { deepCopyObject, isArray, isObject, own, setOwn } from '../json/json-value.js';
import type { ReadonlyJsonObject } from '../json/json-value.js';
import {
  applyRetainKeys,
  content,
  deleteFromPrimitiveListPrefix,
  isDirective,
  patchDirective,
  setElementOrderPrefix,
  withoutDirectives,
} from './patch-directives.js';
import { PatchSchema } from './patch-schema.js';
import type { PatchField } from './patch-schema.js';
import { checkElementOrder, deleteFromPrimitiveList, inOrder, mergeList } from './strategic-list.js';

/**
 * Applies a strategic merge patch: a JSON merge patch in which lists that the schema marks with
 * `x-kubernetes-patch-strategy: merge` are merged by their `x-kubernetes-patch-merge-key`, and in which directives
 * (`$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`) delete, replace and order.
 *
 * Returns a new object that shares nothing with its arguments; neither changes. Kubernetes offers this patch for
 * built-in kinds only.
 *
 * @param patch - the parsed body
 * @param schema - the schema of the object
 * @throws StatusError 400 for a body that is no strategic merge patch, 422 for lists of lists.
 */
export function applyStrategicMergePatch(
  original: ReadonlyJsonObject,
  patch: Json,
  schema: Schema,
  resolve: SchemaResolver,
): JsonObject {
  if (!isObject(patch)) throw statusErrors.badRequest('a strategic merge patch is an object');
  return mergeMap(deepCopyObject(original), deepCopyObject(patch), new PatchSchema(schema, resolve));
}

/** Merges `patch` into `original` and returns the result; owns both. */
function mergeMap(original: JsonObject, patch: JsonObject, schema: PatchSchema): JsonObject {
  const directive = own(patch, patchDirective);
  if (directive !== undefined) {
    if (directive === 'replace') return content(patch);
    if (directive === 'delete') return {};
    throw statusErrors.badRequest(`unknown patch type: ${JSON.stringify(directive)} in map`);
  }
  applyRetainKeys(original, patch);
  const ordered = orderedLists(original, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deleteFromPrimitiveListPrefix)) deleteItems(original, key, value);
    else if (!isDirective(key) && !ordered.has(key)) mergeField(original, key, value, schema);
  }
  return original;
}

function mergeField(original: JsonObject, key: string, patch: MutableJson, schema: PatchSchema): void {
  if (patch === null) {
    delete original[key];
    return;
  }
  const current = own(original, key);
  if (isObject(current) && isObject(patch)) {
    const field = schema.field(key);
    setOwn(original, key, field.replaces ? content(patch) : mergeMap(current, patch, field.members));
  } else if (isArray(current) && isArray(patch)) {
    setOwn(original, key, mergeListField(current, patch, key, schema.field(key)));
  } else {
    const added = withoutDirectives(patch);
    if (added === undefined) delete original[key];
    else setOwn(original, key, added);
  }
}

function mergeListField(current: MutableJson[], patch: MutableJson[], name: string, field: PatchField): MutableJson[] {
  if (!field.merges) return patch;
  return mergeList(current, patch, { name, mergeKey: field.mergeKey }, (a, b) => mergeMap(a, b, field.members));
}

function deleteItems(original: JsonObject, key: string, doomed: MutableJson): void {
  const name = key.slice(deleteFromPrimitiveListPrefix.length);
  if (!isArray(doomed) || name === '')
    throw statusErrors.badRequest(`invalid patch format of primitive list: ${key} must be a list`);
  const current = own(original, name);
  if (isArray(current)) setOwn(original, name, deleteFromPrimitiveList(current, doomed));
}

/** Merges and orders the lists for which the patch states an order; returns their names. */
function orderedLists(original: JsonObject, patch: JsonObject, schema: PatchSchema): Set<string> {
  const done = new Set<string>();
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(setElementOrderPrefix)) continue;
    const name = key.slice(setElementOrderPrefix.length);
    const current = own(original, name);
    const patched = own(patch, name);
    if (!isArray(order) || name === '' || (patched !== undefined && !isArray(patched))) {
      if (patched === null && isArray(order)) continue;
      throw statusErrors.badRequest(`invalid patch format of setElementOrder list: ${key} and ${name} must be lists`);
    }
    const field = schema.field(name);
    const list = { name, mergeKey: field.mergeKey };
    checkElementOrder(patched ?? [], order, list);
    if (!isArray(current)) continue;
    const serverOrder = [...current];
    const merged = patched === undefined ? current : mergeListField(current, patched, name, field);
    setOwn(original, name, inOrder(merged, order, serverOrder, list));
    done.add(name);
  }
  return done;
}
