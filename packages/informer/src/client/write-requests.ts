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
