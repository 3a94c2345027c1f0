/**
 * Objects as bytes. The storage holds JSON without a resourceVersion, because that is known only once the write is
 * committed; it is spliced into the bytes afterwards, so an object is stringified once in its life and parsed only when
 * somebody must look inside.
 */
import type { JsonObject, KubeObject, MutableJson } from '@kubewright/api';
import { parseTrusted } from '@kubewright/core';

const metadataKey = Buffer.from('"metadata":{');
const versionKey = Buffer.from('"resourceVersion":"');
const encoder = new TextEncoder();

/** An object's bytes with its resourceVersion, and where things are in them. */
export interface ObjectBytes {
  readonly bytes: Uint8Array;
  /** Where `"metadata":{` starts: a list's item goes from here, without apiVersion and kind. */
  readonly metadataAt: number;
}

/** The stored form: apiVersion, kind and metadata come first, and there is no resourceVersion. */
export function encodeForStorage(object: JsonObject): Uint8Array {
  const { apiVersion, kind, metadata: _metadata, ...rest } = object;
  const { resourceVersion: _, ...meta } = metadataOf(object);
  // Put together as text: in an object, keys that are numbers would come before all others, and hide the metadata.
  const [head, others] = [JSON.stringify({ apiVersion, kind }), JSON.stringify(rest)];
  const tail = others === '{}' ? '}' : `,${others.slice(1)}`;
  return encoder.encode(`${head.slice(0, -1)},"metadata":${JSON.stringify(meta)}${tail}`);
}

/** Puts the resourceVersion into stored bytes. */
export function spliceRevision(stored: Uint8Array, revision: bigint): ObjectBytes {
  const source = asBuffer(stored);
  const metadataAt = metadataOffset(source);
  const at = metadataAt + metadataKey.length;
  const version = Buffer.from(`"resourceVersion":"${revision}",`);
  const bytes = Buffer.allocUnsafeSlow(source.length + version.length);
  source.copy(bytes, 0, 0, at);
  version.copy(bytes, at);
  source.copy(bytes, at + version.length, at);
  return { bytes, metadataAt };
}

/** Where `"metadata":{` starts in encoded bytes. */
export function metadataOffset(bytes: Uint8Array): number {
  return asBuffer(bytes).indexOf(metadataKey);
}

/** The same object at another resourceVersion. */
export function replaceRevision({ bytes, metadataAt }: ObjectBytes, revision: bigint): ObjectBytes {
  const source = asBuffer(bytes);
  const start = metadataAt + metadataKey.length + versionKey.length;
  const end = source.indexOf('"', start);
  return {
    bytes: Buffer.concat([source.subarray(0, start), Buffer.from(String(revision)), source.subarray(end)]),
    metadataAt,
  };
}

/** A copy of the object that its caller may change. */
export function parseObject(bytes: Uint8Array): JsonObject {
  return parseTrusted<JsonObject>(asBuffer(bytes).toString('utf8'));
}

/** The object as the type of its kind has it: what got past decoding and validation has that shape. */
export function typed<T extends KubeObject>(object: object): T {
  return object as T;
}

/** The object's metadata; every object that got past decoding has one. */
export function metadataOf(object: JsonObject): JsonObject {
  return object['metadata'] as JsonObject;
}

/** The object's specification, for its owner to change; an empty one where it has none. */
export function specOf(object: JsonObject): JsonObject {
  const { spec } = object;
  return isJsonObject(spec) ? spec : {};
}

/** A string of the metadata, or undefined where it is absent or empty. */
export function metaString(object: JsonObject, name: string): string | undefined {
  const value = metadataOf(object)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A value in a text: strings as they are, all else as JSON. */
export function shown(value: MutableJson | undefined): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

export function isJsonObject(value: MutableJson | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
