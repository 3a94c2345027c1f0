/**
 * JSON values as code that changes objects needs them: own properties only, equality, copies.
 *
 * @packageDocumentation
 */
export { deepCopy, deepCopyObject, deepEqual, isArray, isObject, own, setOwn } from './json-value.js';
export type { ReadonlyJsonObject } from './json-value.js';
export type { Json, JsonObject, MutableJson } from './json.js';
