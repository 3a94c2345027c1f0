/** How objects and lists leave the server: as stored bytes where possible, transformed where asked for. */
import { apiVersionOf } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import type { CachedObject, ObjectEncoding } from '../../cache/cached-object.js';
import type { ListResult } from '../../cache/list-objects.js';
import type { WatchEncoding } from '../../cache/watch-objects.js';
import { asBuffer, metadataOf } from '../../object/object-bytes.js';
import { servedObject } from '../../registry/served-resource.js';
import type { ServedResource } from '../../registry/served-resource.js';
import { bytesResponse } from '../server-request.js';
import type { ServerResponse } from '../server-request.js';
import type { Representation } from './negotiation.js';
import { tableEncoding, tableList, tableWatchEncoding } from './table-encoding.js';

const encoder = new TextEncoder();
const encodeJson = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));
/** Answers up to this size are sent in one piece with a length, larger ones as a stream; and larger ones are not laid out. */
const pieceBytes = 256 * 1024;
/** What JSON's texts may hold as it is and those of YAML 1.1 may not: line breaks, and characters that are not printable. */
const notInYaml = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** The encoding of single objects in JSON. */
export function encodingOf(resource: ServedResource, { as, table }: Representation): ObjectEncoding {
  if (as === 'Table') return tableEncoding(resource, table);
  const partial = as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList';
  if (partial)
    return {
      id: `metadata ${apiVersionOf(resource)}`,
      transform: (object) => encodeJson(partialMetadata(servedObject(resource, object))),
    };
  if (resource.conversion === undefined) return { id: 'stored', transform: undefined };
  return { id: apiVersionOf(resource), transform: (object) => encodeJson(servedObject(resource, object)) };
}

/** The encoding of a watch's objects in JSON. */
export function watchEncodingOf(resource: ServedResource, representation: Representation): WatchEncoding {
  const { as, table } = representation;
  if (as === 'Table') return tableWatchEncoding(resource, table);
  const partial = as !== undefined;
  const type = partial
    ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
    : { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  return {
    ...encodingOf(resource, representation),
    bookmark(revision, initialEventsEnd) {
      const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
      return encodeJson({
        ...type,
        metadata: { resourceVersion: String(revision), creationTimestamp: null, ...annotations },
      });
    },
  };
}

export function partialMetadata(object: JsonObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: metadataOf(object) };
}

/** Any JSON value in the wanted format. What writes YAML is loaded when somebody wants it. */
export async function valueResponse(
  status: number,
  value: unknown,
  { format, pretty }: Representation,
): Promise<ServerResponse> {
  if (format === 'yaml') {
    const { stringify } = await import('yaml');
    return bytesResponse(status, encoder.encode(stringify(value)), 'application/yaml');
  }
  const text = pretty ? `${JSON.stringify(value, undefined, 2)}\n` : JSON.stringify(value);
  return bytesResponse(status, encoder.encode(text), 'application/json');
}

/** JSON as YAML, which it is but for a few characters. */
function yamlOf(json: Uint8Array): Uint8Array {
  const text = asBuffer(json).toString('utf8');
  return encoder.encode(text.replace(notInYaml, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

/** One object; the stored bytes themselves where nothing has to be changed. */
export async function objectResponse(
  status: number,
  resource: ServedResource,
  object: CachedObject,
  representation: Representation,
): Promise<ServerResponse> {
  const bytes = object.encode(encodingOf(resource, representation));
  const long = bytes.length > pieceBytes;
  if (representation.format === 'json' && (long || !representation.pretty))
    return bytesResponse(status, bytes, 'application/json');
  if (long) return bytesResponse(status, yamlOf(bytes), 'application/yaml');
  return valueResponse(status, JSON.parse(asBuffer(bytes).toString('utf8')), representation);
}

/**
 * A list, streamed where it is long. A long one is JSON in one line also where it was asked for as YAML or laid out: that
 * would be work on the whole of it, during which nobody else is answered.
 */
export async function listResponse(
  resource: ServedResource,
  list: ListResult,
  representation: Representation,
): Promise<ServerResponse> {
  const body =
    representation.as === 'Table'
      ? tableList(resource, list, representation.table)
      : listBody(resource, list, representation);
  const head: Uint8Array[] = [];
  let size = 0;
  for (let next = await body.next(); ; next = await body.next()) {
    if (next.done === true) return wholeResponse(Buffer.concat(head), representation);
    head.push(next.value);
    size += next.value.length;
    if (size > pieceBytes) break;
  }
  const yaml = representation.format === 'yaml';
  return {
    status: 200,
    headers: { 'content-type': yaml ? 'application/yaml' : 'application/json' },
    body: yaml ? mapped(chained(head, body), yamlOf) : chained(head, body),
  };
}

async function wholeResponse(bytes: Uint8Array, representation: Representation): Promise<ServerResponse> {
  if (representation.format === 'json' && !representation.pretty) return bytesResponse(200, bytes, 'application/json');
  return valueResponse(200, JSON.parse(asBuffer(bytes).toString('utf8')), representation);
}

async function* mapped<T>(items: AsyncIterable<T>, change: (item: T) => T): AsyncGenerator<T> {
  for await (const item of items) yield change(item);
}

async function* chained(first: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* first;
  yield* rest;
}

async function* listBody(
  resource: ServedResource,
  list: ListResult,
  representation: Representation,
): AsyncGenerator<Uint8Array, undefined> {
  const partial = representation.as !== undefined;
  const encoding = encodingOf(resource, representation);
  const metadata = {
    resourceVersion: String(list.revision),
    ...(list.continue === '' ? {} : { continue: list.continue }),
    ...(list.remaining === undefined ? {} : { remainingItemCount: list.remaining }),
  };
  const type = partial
    ? { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' }
    : { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource) };
  const head = JSON.stringify({ ...type, metadata, items: [] });
  // Items of built-in kinds go without apiVersion and kind, so they start at their metadata.
  const bare = encoding.transform === undefined && !resource.custom;
  let parts: Uint8Array[] = [encoder.encode(head.slice(0, -2))];
  let size = 0;
  let separator = bare ? '{' : '';
  for await (const piece of list.pieces) {
    for (const object of piece) {
      const bytes = object.encode(encoding);
      if (separator !== '') parts.push(encoder.encode(separator));
      separator = bare ? ',{' : ',';
      parts.push(bare ? bytes.subarray(object.metadataAt) : bytes);
      size += bytes.length;
      if (size < pieceBytes) continue;
      yield Buffer.concat(parts);
      parts = [];
      size = 0;
    }
  }
  parts.push(encoder.encode(']}\n'));
  yield Buffer.concat(parts);
  return undefined;
}
