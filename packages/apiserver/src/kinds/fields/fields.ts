/**
 * Reads and writes of JSON whose shape a client chose: every function here takes anything and answers undefined or an
 * empty value where the type is not the wanted one, so that neither defaults nor validation can be made to throw. A key is
 * an own property or it is absent, whatever it is called.
 */
import type { Json, JsonObject, MutableJson } from '@kubewright/api';
import { own, setOwn } from '@kubewright/api/json';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(parent: JsonObject | undefined, key: string): MutableJson | undefined {
  return parent && own(parent, key);
}

/** The object at the path, or undefined. */
export function objectAt(value: MutableJson | undefined, ...path: readonly string[]): JsonObject | undefined {
  let current = value;
  for (const key of path) {
    if (!isObject(current)) return undefined;
    current = own(current, key);
  }
  return isObject(current) ? current : undefined;
}

/** The object under `key`, made where it is missing. A value of another type stays, and a detached object is answered. */
export function ensureObject(parent: JsonObject, key: string): JsonObject {
  const found = own(parent, key);
  if (isObject(found)) return found;
  const made: JsonObject = {};
  if (found === undefined || found === null) setOwn(parent, key, made);
  return made;
}

/** The objects in the list under `key`; items of other types are left out. */
export function objectsAt(parent: JsonObject | undefined, key: string): JsonObject[] {
  const list = valueAt(parent, key);
  return Array.isArray(list) ? list.filter(isObject) : [];
}

export function stringsAt(parent: JsonObject | undefined, key: string): string[] {
  const list = valueAt(parent, key);
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

/** The string under `key`, or the empty string. */
export function textAt(parent: JsonObject | undefined, key: string): string {
  const value = valueAt(parent, key);
  return typeof value === 'string' ? value : '';
}

export function numberAt(parent: JsonObject | undefined, key: string): number | undefined {
  const value = valueAt(parent, key);
  return typeof value === 'number' ? value : undefined;
}

/** A scalar as text; objects and lists as JSON, nothing as the empty string. */
export function scalarText(value: MutableJson | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Whether the key holds a value. */
export function has(parent: JsonObject | undefined, key: string): boolean {
  const value = valueAt(parent, key);
  return value !== undefined && value !== null;
}

/** Whether the key holds something that is not empty: an empty string counts as absent, as it does for the API's types. */
export function present(parent: JsonObject | undefined, key: string): boolean {
  return has(parent, key) && valueAt(parent, key) !== '';
}

/** Sets what is absent. An empty string counts as absent. */
export function setDefault(parent: JsonObject, key: string, value: MutableJson): void {
  if (!present(parent, key)) setOwn(parent, key, value);
}

/** Deep equality of JSON; the order of keys does not count, and a key that holds null or undefined counts as absent. */
export function equal(left: Json | MutableJson | undefined, right: Json | MutableJson | undefined): boolean {
  if (left === right) return true;
  if ((left === undefined || left === null) && (right === undefined || right === null)) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => equal(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  for (const key of Object.keys(left)) if (!equal(left[key], own(right, key))) return false;
  for (const key of Object.keys(right)) if (!has(left, key) && has(right, key)) return false;
  return true;
}

/** A copy of an object without some of its keys. */
export function without(value: JsonObject | undefined, ...keys: readonly string[]): JsonObject {
  const copy: JsonObject = { ...value };
  for (const key of keys) delete copy[key];
  return copy;
}

/** Replaces `target[key]` by what `source` has there, or removes it. The value is shared with `source`. */
export function keep(target: JsonObject, source: JsonObject, key: string): void {
  const value = own(source, key);
  if (value === undefined) delete target[key];
  else setOwn(target, key, value);
}
