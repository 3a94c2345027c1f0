import { statusErrors } from '../status/status-errors.js';
import type { Json, JsonObject, MutableJson } from '../json/json.js';
import { deepCopy, isObject, own, setOwn } from '../json/json-value.js';
import type { ReadonlyJsonObject } from '../json/json-value.js';

/**
 * Applies a JSON merge patch (RFC 7386) and returns a new object that shares nothing with its arguments; neither changes.
 *
 * @param patch - the parsed body; null in it deletes a key, an array replaces
 * @throws StatusError 400 where the patch is no object.
 */
export function applyMergePatch(original: ReadonlyJsonObject, patch: Json): JsonObject {
  if (!isObject(patch)) throw statusErrors.badRequest('a JSON merge patch is an object');
  return mergeInto(original, patch);
}

function mergeInto(original: ReadonlyJsonObject, patch: ReadonlyJsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(original)) {
    const value = own(patch, key);
    if (value === null) continue;
    setOwn(result, key, value === undefined ? deepCopy(original[key] ?? null) : merged(original[key], value));
  }
  for (const key of Object.keys(patch)) {
    const value = patch[key] ?? null;
    if (value !== null && !Object.hasOwn(original, key)) setOwn(result, key, merged(undefined, value));
  }
  return result;
}

function merged(original: Json | undefined, patch: Json): MutableJson {
  if (!isObject(patch)) return deepCopy(patch);
  return mergeInto(isObject(original) ? original : {}, patch);
}
