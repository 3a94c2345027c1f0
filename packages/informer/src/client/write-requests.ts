import { apiVersionOf } from '@kubewright/api';
import type { GroupVersionKind, Kind, ObjectKey } from '@kubewright/api';
import { informerErrors } from '../errors/informer-errors.js';
import type { ApiRequest } from '../transport/transport.js';
import type { Patch, PatchOptions, WriteOptions } from './options.js';
import { withQuery } from './resource-path.js';

interface Writer {
  readonly fieldManager: string;
}

const contentTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const;

/** The query parameters of a write. */
export function writeQuery(writer: Writer, options: WriteOptions): Record<string, string | undefined> {
  return {
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldManager: options.fieldManager ?? writer.fieldManager,
    fieldValidation: options.fieldValidation,
  };
}

export function patchRequest(writer: Writer, path: string, patch: Patch, options: PatchOptions): ApiRequest {
  return {
    method: 'PATCH',
    path: withQuery(path, writeQuery(writer, options)),
    headers: { 'content-type': contentTypes[patch.type] },
    body: JSON.stringify(patch.patch),
  };
}

/** Server-side apply. JSON is YAML, so the body is sent as it is. */
export function applyRequest(writer: Writer, path: string, body: string, options: PatchOptions): ApiRequest {
  const query = { ...writeQuery(writer, options), force: options.force === true ? 'true' : undefined };
  return {
    method: 'PATCH',
    path: withQuery(path, query),
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body,
  };
}

/** What an object to be written is found by. @throws NAME_REQUIRED */
export function keyOf(
  kind: Kind,
  verb: string,
  object: { readonly metadata: { readonly name?: string; readonly namespace?: string } },
): ObjectKey {
  const { name, namespace } = object.metadata;
  if (name === undefined || name === '') throw informerErrors.NAME_REQUIRED({ kind: kind.kind, verb });
  return { name, namespace };
}

/** The body of a write; an object need not say what it is. @throws OBJECT_MISMATCH where it says something else */
export function encodeObject(
  kind: GroupVersionKind,
  object: { readonly apiVersion?: string; readonly kind?: string },
): { headers: Record<string, string>; body: string } {
  const expected = `${apiVersionOf(kind)} ${kind.kind}`;
  const actual = `${object.apiVersion ?? apiVersionOf(kind)} ${object.kind ?? kind.kind}`;
  if (actual !== expected) throw informerErrors.OBJECT_MISMATCH({ expected, actual });
  return {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...object, apiVersion: apiVersionOf(kind), kind: kind.kind }),
  };
}
