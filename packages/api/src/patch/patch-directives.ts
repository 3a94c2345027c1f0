/**
 * The directives of a strategic merge patch: keys that begin with a dollar sign and steer the merge instead of taking
 * part in it.
 */
import { statusErrors } from '../status/status-errors.js';
import type { JsonObject, MutableJson } from '../json/json.js';
import { isArray, isObject, setOwn } from '../json/json-value.js';

/** In a map or list item: `replace`, `delete`. */
export const patchDirective = '$patch';
/** In a map: the keys that stay. */
const retainKeysDirective = '$retainKeys';
/** Before a list's name: the order of its items. */
export const setElementOrderPrefix = '$setElementOrder/';
/** Before the name of a list of scalars: the items to remove. */
export const deleteFromPrimitiveListPrefix = '$deleteFromPrimitiveList/';

export function isDirective(key: string): boolean {
  return (
    key === patchDirective ||
    key === retainKeysDirective ||
    key.startsWith(setElementOrderPrefix) ||
    key.startsWith(deleteFromPrimitiveListPrefix)
  );
}

/**
 * What a patch adds where the object has nothing to merge it with: without directives and nulls. A map that carries a
 * `$patch` directive adds nothing, which undefined says.
 */
export function withoutDirectives(patch: MutableJson): MutableJson | undefined {
  if (isArray(patch)) return patch.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(patch)) return patch;
  if (Object.hasOwn(patch, patchDirective)) return undefined;
  return content(patch);
}

/** The map's content, whatever its own `$patch` directive says. */
export function content(patch: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || isDirective(key)) continue;
    const kept = withoutDirectives(value);
    if (kept !== undefined) setOwn(result, key, kept);
  }
  return result;
}

/** Removes from `original` what a `$retainKeys` list in `patch` does not name. */
export function applyRetainKeys(original: JsonObject, patch: JsonObject): void {
  if (!Object.hasOwn(patch, retainKeysDirective)) return;
  const retained = patch[retainKeysDirective];
  if (!isArray(retained))
    throw statusErrors.badRequest('invalid patch format of retainKeys: it must be a list of keys');
  const keys = new Set<MutableJson>(retained);
  for (const [key, value] of Object.entries(patch)) {
    if (value !== null && !isDirective(key) && !keys.has(key)) {
      throw statusErrors.badRequest(
        `invalid patch format of retainKeys: the patch sets ${key}, which the list does not name`,
      );
    }
  }
  for (const key of Object.keys(original)) if (!keys.has(key)) delete original[key];
}
