/** Objects as rows of a Table: one by one in a watch, and whole lists. */
import { statusErrors } from '@kubewright/api';
import { nextTurn } from '@kubewright/core/async';
import type { ObjectEncoding } from '../../cache/cached-object.js';
import type { ListResult } from '../../cache/list-objects.js';
import type { WatchEncoding } from '../../cache/watch-objects.js';
import { metadataOf } from '../../object/object-bytes.js';
import { servedObject } from '../../registry/served-resource.js';
import type { ServedResource } from '../../registry/served-resource.js';
import { tableFor } from '../../tables/index.js';
import type { IncludeObject } from '../../tables/index.js';

const encoder = new TextEncoder();
const encodeJson = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

export interface TableForm {
  readonly include: IncludeObject;
  /** Milliseconds since the epoch, for ages. */
  now(): number;
}

/** @throws 400 for another value than the three. */
export function readInclude(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw statusErrors.badRequest(`unrecognized includeObject value: ${JSON.stringify(value.slice(0, 50))}`);
}

/** One object as a table of one row. Ages make it a matter of the moment. */
export function tableEncoding(
  resource: ServedResource,
  { include, now }: TableForm,
  omitColumns = false,
): ObjectEncoding {
  return {
    id: `table ${resource.version} ${include} ${String(omitColumns)}`,
    volatile: true,
    transform(object) {
      const served = servedObject(resource, object);
      const { resourceVersion } = metadataOf(served);
      const metadata = resourceVersion === undefined ? {} : { resourceVersion };
      return encodeJson(
        tableFor(resource.printer, [served], { includeObject: include, now: now(), omitColumns, metadata }),
      );
    },
  };
}

export function tableWatchEncoding(resource: ServedResource, form: TableForm): WatchEncoding {
  return {
    ...tableEncoding(resource, form, true),
    first: tableEncoding(resource, form),
    bookmark(revision, initialEventsEnd) {
      const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
      const metadata = { resourceVersion: String(revision), ...annotations };
      return encodeJson({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions: [], rows: [] });
    },
  };
}

/** A list as one table, row by row so that the event loop is not held. */
export async function* tableList(
  resource: ServedResource,
  list: ListResult,
  { include, now }: TableForm,
): AsyncGenerator<Uint8Array, undefined> {
  const metadata = {
    resourceVersion: String(list.revision),
    ...(list.continue === '' ? {} : { continue: list.continue }),
    ...(list.remaining === undefined ? {} : { remainingItemCount: list.remaining }),
  };
  const head = JSON.stringify(tableFor(resource.printer, [], { includeObject: include, now: now(), metadata }));
  let text = head.slice(0, -2);
  let separator = '';
  let left = bytesPerStep;
  for await (const piece of list.pieces) {
    for (const object of piece) {
      const { rows } = tableFor(resource.printer, [servedObject(resource, object)], {
        includeObject: include,
        now: now(),
      });
      for (const row of rows) {
        text += separator + JSON.stringify(row);
        separator = ',';
      }
      left -= object.bytes.length;
      if (left > 0) continue;
      left = bytesPerStep;
      yield encoder.encode(text);
      text = '';
      await nextTurn();
    }
  }
  yield encoder.encode(`${text}]}\n`);
  return undefined;
}

/** Each row parses its object: so many bytes take about a millisecond. */
const bytesPerStep = 64 * 1024;
