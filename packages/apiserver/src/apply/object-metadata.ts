/** Access to the metadata of an object as JSON, without trusting its shape. */
import type { Json, JsonObject, MutableJson } from '@kubewright/api';
import { deepEqual, isArray, isObject, own } from '@kubewright/api/json';
import type { ReadonlyJsonObject } from '@kubewright/api/json';

/** What the server alone writes into metadata; nobody owns it. */
const serverFields = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'selfLink',
  'managedFields',
]);

const noObject: ReadonlyJsonObject = {};

export function metadataOf(object: ReadonlyJsonObject): ReadonlyJsonObject {
  const metadata = own(object, 'metadata');
  return isObject(metadata) ? metadata : noObject;
}

export function managedFieldsOf(object: ReadonlyJsonObject): Json | undefined {
  return own(metadataOf(object), 'managedFields');
}

/** A shallow copy of the object, and of its metadata without the fields that `drop` picks. */
function withoutMetadata(object: ReadonlyJsonObject, drop: (name: string, value: Json) => boolean): ReadonlyJsonObject {
  const metadata = own(object, 'metadata');
  if (!isObject(metadata)) return object;
  return {
    ...object,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name, value]) => !drop(name, value))),
  };
}

/** The object as far as anyone can own it. */
export function withoutServerFields(object: ReadonlyJsonObject): ReadonlyJsonObject {
  return withoutMetadata(object, (name) => serverFields.has(name));
}

/** Without the nulls that clients send for what the server fills in, as `creationTimestamp: null`. */
export function withoutNullServerFields(object: ReadonlyJsonObject): ReadonlyJsonObject {
  return withoutMetadata(object, (name, value) => value === null && serverFields.has(name));
}

export function withoutManagedFields(object: ReadonlyJsonObject): ReadonlyJsonObject {
  return Object.hasOwn(metadataOf(object), 'managedFields')
    ? withoutMetadata(object, (name) => name === 'managedFields')
    : object;
}

/** A shallow copy of the object with these managedFields; without any where the list is empty or absent. */
export function withManagedFields(object: JsonObject, managedFields: Json | undefined): JsonObject {
  const before = own(object, 'metadata');
  const metadata: JsonObject = isObject(before) ? { ...before } : {};
  if (managedFields === undefined || managedFields === null || (isArray(managedFields) && managedFields.length === 0)) {
    delete metadata['managedFields'];
  } else metadata['managedFields'] = managedFields as MutableJson;
  return { ...object, metadata };
}

/** Whether a request asks to forget all managers: an empty list, or a list of one empty entry. */
export function resetsManagedFields(value: Json | undefined): boolean {
  if (!isArray(value)) return false;
  return value.length === 0 || (value.length === 1 && deepEqual(value[0], {}));
}

/**
 * Takes back new times in managedFields where nothing else changed, so that a write that changes nothing makes no new
 * revision. For the last look at an object before it is stored, after admission.
 *
 * @returns `updated`, or a shallow copy of it with the live managedFields
 */
export function keepManagedFieldsTimes(live: ReadonlyJsonObject, updated: JsonObject): JsonObject {
  const before = managedFieldsOf(live);
  const after = managedFieldsOf(updated);
  if (!isArray(before) || !isArray(after) || before.length !== after.length || before.length === 0) return updated;
  if (!before.every((entry, i) => deepEqual(withoutTime(entry), withoutTime(after[i])))) return updated;
  const content = (object: ReadonlyJsonObject): ReadonlyJsonObject =>
    withoutMetadata(object, (name) => name === 'managedFields' || name === 'resourceVersion');
  return deepEqual(content(live), content(updated)) ? withManagedFields(updated, before) : updated;
}

function withoutTime(entry: Json | undefined): Json | undefined {
  return isObject(entry) && Object.hasOwn(entry, 'time') ? { ...entry, time: null } : entry;
}
