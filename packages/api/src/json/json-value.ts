/**
 * What patching and applying need of JSON values beyond their type: own properties only, equality, copies. A body may
 * carry the key `__proto__`; it is an ordinary key here and never reaches a prototype.
 */
import type { Json, JsonObject, MutableJson } from './json.js';

/** A JSON object that is only read. */
export type ReadonlyJsonObject = { readonly [key: string]: Json };

export function isObject(value: Json | undefined): value is ReadonlyJsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** An object's own property, or undefined. */
export function own<V>(object: { readonly [key: string]: V }, key: string): V | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets an own property, whatever its name. */
export function setOwn<V>(object: { [key: string]: V }, key: string, value: V): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else object[key] = value;
}

/** A copy that shares nothing with its original. */
export function deepCopy(value: Json): MutableJson {
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map(deepCopy);
  return deepCopyObject(value);
}

export function deepCopyObject(object: ReadonlyJsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const key of Object.keys(object)) setOwn(copy, key, deepCopy(object[key] ?? null));
  return copy;
}

/** Equality by value; the order of an object's keys does not count. */
export function deepEqual(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (isArray(left))
    return isArray(right) && left.length === right.length && left.every((item, i) => deepEqual(item, right[i]));
  if (isArray(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && deepEqual(left[key], right[key]));
}
