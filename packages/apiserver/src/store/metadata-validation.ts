import {
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkPathSegmentName,
  checkQualifiedName,
  fieldError,
  indexPath,
} from '@kubewright/api';
import type { FieldError, JsonObject } from '@kubewright/api';
import { deepEqual } from '@kubewright/api/json';
import type { NameFormat } from '../kinds/index.js';
import { isJsonObject, metadataOf, shown } from '../object/object-bytes.js';

/** Keys and values of all annotations together may have so many bytes. */
const maximumAnnotations = 256 * 1024;

const nameChecks: Readonly<Record<NameFormat, (value: string) => string[]>> = {
  subdomain: checkDns1123Subdomain,
  label: checkDns1123Label,
  label1035: checkDns1035Label,
  pathSegment: checkPathSegmentName,
};

/** Everything wrong with the metadata of an object that is to be stored. */
export function validateMetadata(object: JsonObject, format: NameFormat): FieldError[] {
  const metadata = metadataOf(object);
  return [
    ...validateName(metadata, format),
    ...validateStringMap(metadata, 'labels', (key, value, path) => [
      ...checkQualifiedName(key).map((problem) => fieldError.invalid(path, key, problem)),
      ...checkLabelValue(value).map((problem) => fieldError.invalid(path, value, problem)),
    ]),
    ...validateStringMap(metadata, 'annotations', (key, _, path) =>
      checkQualifiedName(key.toLowerCase()).map((problem) => fieldError.invalid(path, key, problem)),
    ),
    ...validateAnnotationSize(metadata),
    ...validateFinalizers(metadata),
    ...validateOwners(metadata),
  ];
}

/** Everything that a change of metadata may not do. */
export function validateMetadataUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const [metadata, before] = [metadataOf(object), metadataOf(old)];
  if (before['deletionTimestamp'] === undefined) return [];
  const known = stringsOf(before['finalizers']);
  const added = stringsOf(metadata['finalizers']).filter((finalizer) => !known.includes(finalizer));
  if (added.length === 0) return [];
  const found = `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
  return [fieldError.forbidden('metadata.finalizers', found)];
}

function validateName(metadata: JsonObject, format: NameFormat): FieldError[] {
  const { name, generateName } = metadata;
  const check = nameChecks[format];
  const found: FieldError[] = [];
  if (typeof generateName === 'string' && generateName !== '') {
    // What follows makes a trailing dash right.
    const prefix = generateName.replace(/-$/, 'a');
    found.push(...check(prefix).map((problem) => fieldError.invalid('metadata.generateName', generateName, problem)));
  }
  if (typeof name !== 'string' || name === '')
    return [...found, fieldError.required('metadata.name', 'name or generateName is required')];
  return [...found, ...check(name).map((problem) => fieldError.invalid('metadata.name', name, problem))];
}

function validateStringMap(
  metadata: JsonObject,
  field: string,
  check: (key: string, value: string, path: string) => FieldError[],
): FieldError[] {
  const map = metadata[field];
  if (map === undefined || map === null) return [];
  const path = `metadata.${field}`;
  if (!isJsonObject(map)) return [fieldError.typeInvalid(path, map, 'must be an object of strings')];
  return Object.entries(map).flatMap(([key, value]) =>
    typeof value === 'string'
      ? check(key, value, path)
      : [fieldError.typeInvalid(indexPath(path, key), value, 'must be a string')],
  );
}

function validateAnnotationSize(metadata: JsonObject): FieldError[] {
  const { annotations } = metadata;
  if (!isJsonObject(annotations)) return [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations))
    size += Buffer.byteLength(key) + Buffer.byteLength(shown(value));
  return size > maximumAnnotations ? [fieldError.tooLong('metadata.annotations', maximumAnnotations)] : [];
}

function validateFinalizers(metadata: JsonObject): FieldError[] {
  const { finalizers } = metadata;
  if (finalizers === undefined || finalizers === null) return [];
  if (!Array.isArray(finalizers))
    return [fieldError.typeInvalid('metadata.finalizers', finalizers, 'must be a list of strings')];
  const problems = finalizers.flatMap((finalizer, index) => {
    const path = indexPath('metadata.finalizers', index);
    if (typeof finalizer !== 'string') return [fieldError.typeInvalid(path, finalizer, 'must be a string')];
    return checkQualifiedName(finalizer).map((problem) =>
      fieldError.invalid('metadata.finalizers', finalizer, problem),
    );
  });
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    problems.push(
      fieldError.invalid(
        'metadata.finalizers',
        finalizers,
        'finalizers orphan and foregroundDeletion cannot both be set',
      ),
    );
  return problems;
}

function validateOwners(metadata: JsonObject): FieldError[] {
  const { ownerReferences: owners } = metadata;
  if (owners === undefined || owners === null) return [];
  if (!Array.isArray(owners))
    return [fieldError.typeInvalid('metadata.ownerReferences', owners, 'must be a list of objects')];
  const found: FieldError[] = [];
  owners.forEach((owner, index) => {
    const path = indexPath('metadata.ownerReferences', index);
    if (!isJsonObject(owner)) return void found.push(fieldError.typeInvalid(path, owner, 'must be an object'));
    for (const field of ['apiVersion', 'kind', 'name', 'uid'])
      if (typeof owner[field] !== 'string' || owner[field] === '')
        found.push(fieldError.invalid(`${path}.${field}`, owner[field] ?? '', 'must not be empty'));
  });
  const controllers = owners.filter((owner) => isJsonObject(owner) && owner['controller'] === true);
  if (controllers.length > 1)
    found.push(
      fieldError.invalid('metadata.ownerReferences', owners, 'only one reference can have "controller" set to true'),
    );
  return found;
}

/** The list as far as it holds strings. */
export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Whether two objects are the same apart from the resourceVersion. */
export function sameContent(left: JsonObject, right: JsonObject): boolean {
  const { resourceVersion: _, ...leftMetadata } = metadataOf(left);
  const { resourceVersion: __, ...rightMetadata } = metadataOf(right);
  return deepEqual({ ...left, metadata: leftMetadata }, { ...right, metadata: rightMetadata });
}
