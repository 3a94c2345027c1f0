/**
 * The move from client-side to server-side apply. kubectl's client-side apply leaves its configuration in an annotation;
 * what that annotation and the live object agree on, kubectl may take over without a conflict, and from then on the server
 * keeps the annotation up to date for clients that still read it.
 */
import type { Json, JsonObject } from '@kubewright/api';
import { isObject, own } from '@kubewright/api/json';
import type { ReadonlyJsonObject } from '@kubewright/api/json';
import { parseJsonText } from '../object/parse-json.js';
import { compare } from './compare.js';
import { FieldSet } from './field-set.js';
import type { FieldType } from './field-type.js';
import { metadataOf } from './object-metadata.js';
import { toFieldSet } from './to-field-set.js';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** Kubernetes' limit on all annotations of an object together. */
const maxAnnotationBytes = 256 * 1024;

/** The field manager for which the move happens. */
export const kubectlManager = 'kubectl';

function lastAppliedOf(object: ReadonlyJsonObject): string | undefined {
  const annotations = own(metadataOf(object), 'annotations');
  const value = isObject(annotations) ? own(annotations, annotation) : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The fields that client-side apply set and that nobody has changed since; empty where the annotation is absent or no use. */
export function fieldsOfLastApplied(type: FieldType, live: ReadonlyJsonObject, apiVersion: string): FieldSet {
  const text = lastAppliedOf(live);
  if (text === undefined) return FieldSet.empty;
  let applied: Json;
  try {
    applied = parseJsonText(text);
  } catch {
    return FieldSet.empty;
  }
  if (!isObject(applied) || own(applied, 'apiVersion') !== apiVersion) return FieldSet.empty;
  const { added, modified, removed } = compare(type, applied, live);
  return toFieldSet(type, applied).difference(modified).difference(added).difference(removed);
}

/** Where the object carries the annotation, sets it to `config`; drops it where the annotations would become too large. Changes `object`. */
export function refreshLastApplied(object: JsonObject, config: ReadonlyJsonObject): void {
  const target = own(object, 'metadata');
  const annotations = isObject(target) ? own(target, 'annotations') : undefined;
  if (!isObject(annotations) || lastAppliedOf(object) === undefined) return;
  const metadata = { ...metadataOf(config) };
  if (isObject(metadata['annotations'])) {
    const { [annotation]: _previous, ...others } = metadata['annotations'];
    metadata['annotations'] = others;
  }
  annotations[annotation] = `${JSON.stringify({ ...config, metadata })}\n`;
  const size = Object.entries(annotations).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + (typeof value === 'string' ? Buffer.byteLength(value) : 0),
    0,
  );
  if (size > maxAnnotationBytes) delete annotations[annotation];
}
