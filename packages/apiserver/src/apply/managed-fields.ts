/** `metadata.managedFields` as managers and the sets of fields they own. */
import type { Json } from '@kubewright/api';
import { isArray, isObject, own } from '@kubewright/api/json';
import type { ReadonlyJsonObject } from '@kubewright/api/json';
import { FieldSet } from './field-set.js';
import { decodeFieldsV1, encodeFieldsV1 } from './fields-v1.js';

export type ManagerOperation = 'Apply' | 'Update';

/** Who a manager is. An applier is one manager whatever version it applies in; an updater is one per version. */
export interface ManagerIdentity {
  readonly manager: string;
  readonly operation: ManagerOperation;
  readonly apiVersion: string;
  readonly subresource: string;
}

export interface ManagedEntry extends ManagerIdentity {
  /** RFC 3339 in seconds; undefined where the entry has none. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** The entry as it was read, as long as it is unchanged. */
  readonly encoded?: ReadonlyJsonObject;
}

/** Entries by `managerKey`. */
export type ManagedFields = ReadonlyMap<string, ManagedEntry>;

/** Kubernetes' limit: more Update entries than this are merged, the oldest first. */
const maxUpdateManagers = 10;

/** The manager that the oldest entries are merged into. */
const ancientChanges = 'ancient-changes';

export function managerKey({ manager, operation, apiVersion, subresource }: ManagerIdentity): string {
  return JSON.stringify({
    ...(manager !== '' && { manager }),
    operation,
    ...(operation === 'Update' && { apiVersion }),
    ...(subresource !== '' && { subresource }),
  });
}

/**
 * Reads managedFields; absent means none.
 *
 * @throws Error where an entry is invalid.
 */
export function decodeManagedFields(value: Json | undefined): ManagedFields {
  const managers = new Map<string, ManagedEntry>();
  if (value === undefined || value === null) return managers;
  if (!isArray(value)) throw new Error('managedFields must be a list');
  for (const [index, encoded] of value.entries()) {
    const entry = decodeEntry(encoded, `managedFields[${index}]`);
    managers.set(managerKey(entry), entry);
  }
  return managers;
}

function decodeEntry(encoded: Json, where: string): ManagedEntry {
  if (!isObject(encoded)) throw new Error(`${where} must be an object`);
  const text = (key: string): string => {
    const value = own(encoded, key) ?? '';
    if (typeof value !== 'string') throw new Error(`${where}.${key} must be a string`);
    return value;
  };
  const operation = text('operation');
  if (operation !== 'Apply' && operation !== 'Update')
    throw new Error(`${where}: operation must be \`Apply\` or \`Update\``);
  const apiVersion = text('apiVersion');
  if (apiVersion === '') throw new Error(`${where}: apiVersion must not be empty`);
  if (text('fieldsType') !== 'FieldsV1') throw new Error(`${where}: fieldsType must be FieldsV1`);
  const time = text('time');
  return {
    manager: text('manager'),
    operation,
    apiVersion,
    subresource: text('subresource'),
    time: time === '' ? undefined : time,
    fields: decodeFieldsV1(own(encoded, 'fieldsV1') ?? {}),
    encoded,
  };
}

/** Writes managedFields in upstream's order: appliers first, then by time and name. */
export function encodeManagedFields(managers: ManagedFields): Json[] {
  return [...managers.values()].sort(byOperationAndTime).map(encodeEntry);
}

function encodeEntry(entry: ManagedEntry): ReadonlyJsonObject {
  if (entry.encoded !== undefined) return entry.encoded;
  const { manager, operation, apiVersion, time, fields, subresource } = entry;
  return {
    ...(manager !== '' && { manager }),
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFieldsV1(fields),
    ...(subresource !== '' && { subresource }),
  };
}

/** The entry with other fields; the same entry where they are equal. */
export function withFields(entry: ManagedEntry, fields: FieldSet): ManagedEntry {
  if (fields === entry.fields) return entry;
  const { manager, operation, apiVersion, subresource, time } = entry;
  return { manager, operation, apiVersion, subresource, time, fields };
}

function seconds(entry: ManagedEntry): number {
  return entry.time === undefined ? 0 : Math.floor(Date.parse(entry.time) / 1000) || 0;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function byOperationAndTime(a: ManagedEntry, b: ManagedEntry): number {
  return (
    compareText(a.operation, b.operation) ||
    seconds(a) - seconds(b) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

/** Merges the oldest Update entries of each version into one, until no more than `maxUpdateManagers` are left. */
export function capUpdateManagers(managers: ManagedFields): ManagedFields {
  const updaters = [...managers].filter(([, entry]) => entry.operation === 'Update');
  if (updaters.length <= maxUpdateManagers) return managers;
  updaters.sort(([aKey, a], [bKey, b]) => seconds(a) - seconds(b) || compareText(aKey, bKey));
  const capped = new Map(managers);
  const firstOfVersion = new Map<string, string>();
  let left = updaters.length;
  for (const [key, entry] of updaters) {
    if (left <= maxUpdateManagers) break;
    const first = firstOfVersion.get(entry.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(entry.apiVersion, key);
      continue;
    }
    const identity = {
      manager: ancientChanges,
      operation: 'Update',
      apiVersion: entry.apiVersion,
      subresource: '',
    } as const;
    const bucket = managerKey(identity);
    const collected = capped.get(bucket) ?? capped.get(first);
    if (!capped.has(bucket)) capped.delete(first);
    capped.delete(key);
    capped.set(bucket, {
      ...identity,
      time: entry.time,
      fields: entry.fields.union(collected?.fields ?? FieldSet.empty),
    });
    left--;
  }
  return capped;
}
