import { messageOf } from '@kubewright/core';
import { apiErrors } from '../errors.js';
import type { Json, JsonObject, MutableJson } from '../json/json.js';
import { MessageDecoder } from './decode-message.js';
import { writeMessage } from './encode-message.js';
import { decodeEnvelope, isProtobuf, writeEnvelope } from './envelope.js';
import { messageOfKind } from './message-table.js';
import type { Message } from './message-table.js';
import { malformed } from './reader.js';
import { Writer } from './writer.js';

/** The media type of these bytes. */
export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

export interface DecodedProtobuf {
  readonly apiVersion: string;
  readonly kind: string;
  /** With `apiVersion` and `kind` in it; the caller's own. */
  readonly object: JsonObject;
}

/** What can be encoded: a value as JSON.parse returns it, or an object of a built-in type. */
export interface Encodable {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
}

/** Whether a kind can be written as protobuf: the built-in ones, except Table. */
export function hasProtobuf(apiVersion: string, kind: string): boolean {
  return messageOfKind(apiVersion, kind) !== undefined;
}

/**
 * Decodes a body: the JSON object that Go makes of it. Empty fields are as Go's types have them: absent, or zero, or null.
 *
 * @throws KW_API_PROTOBUF for malformed bytes, KW_API_PROTOBUF_KIND for a kind that is not built in.
 */
export function decodeProtobuf(bytes: Uint8Array): DecodedProtobuf {
  return decodeAt(bytes, 0);
}

/**
 * Decodes an object without an envelope, as lists hold it; there is no apiVersion and kind in it.
 *
 * @throws as decodeProtobuf.
 */
export function decodeMessage(apiVersion: string, kind: string, bytes: Uint8Array): JsonObject {
  return new MessageDecoder(bytes, decodeRaw).decode(known(apiVersion, kind), {}, 0);
}

function decodeAt(bytes: Uint8Array, depth: number): DecodedProtobuf {
  const { apiVersion, kind, raw } = decodeEnvelope(bytes);
  const object = new MessageDecoder(raw, decodeRaw).decode(known(apiVersion, kind), { apiVersion, kind }, depth);
  return { apiVersion, kind, object };
}

/** A RawExtension's bytes: an envelope, or JSON. */
export function decodeRaw(raw: Uint8Array, depth: number): MutableJson {
  if (isProtobuf(raw)) return decodeAt(raw, depth).object;
  try {
    const json: MutableJson = JSON.parse(Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('utf8'));
    return json;
  } catch (error) {
    throw malformed(`the JSON within it is malformed: ${messageOf(error)}`);
  }
}

/**
 * Encodes an object with its envelope; equal objects have equal bytes. Lists, Status and PartialObjectMetadata are objects as
 * any other. What the kind does not have is left out.
 *
 * @throws KW_API_PROTOBUF_KIND for a kind that is not built in, KW_API_PROTOBUF_VALUE or KW_API_TIME for a value of a wrong type.
 */
export function encodeProtobuf(object: Encodable): Uint8Array {
  return encodeWith(new Writer(), object);
}

function encodeWith(writer: Writer, object: Encodable): Uint8Array {
  const { apiVersion, kind } = kindOf(object);
  const message = known(apiVersion, kind);
  writeEnvelope(writer, apiVersion, kind, () => writeMessage(writer, message, fieldsOf(object), 0));
  return writer.finish();
}

/**
 * Encodes an object without an envelope, for the items of lists.
 *
 * @throws as encodeProtobuf.
 */
export function encodeMessage(apiVersion: string, kind: string, object: object): Uint8Array {
  const writer = new Writer();
  writeMessage(writer, known(apiVersion, kind), fieldsOf(object), 0);
  return writer.finish();
}

/**
 * Encodes a list with its envelope.
 *
 * @param list - apiVersion, kind and metadata, as `{ apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion } }`.
 * @param items - objects, or what `encodeMessage` made of them, which is copied: a server can keep it.
 * @throws as encodeProtobuf.
 */
export function encodeList(list: Encodable, items: readonly (object | Uint8Array)[]): Uint8Array {
  let size = 1024;
  for (const item of items) size += item instanceof Uint8Array ? item.length + 8 : 0;
  return encodeWith(new Writer(size), { ...list, items } as Encodable);
}

function known(apiVersion: string, kind: string): Message {
  const message = messageOfKind(apiVersion, kind);
  if (message === undefined) throw apiErrors.PROTOBUF_KIND({ apiVersion, kind });
  return message;
}

function kindOf({ apiVersion, kind }: Encodable): { apiVersion: string; kind: string } {
  if (typeof apiVersion !== 'string' || typeof kind !== 'string')
    throw apiErrors.PROTOBUF_VALUE({ field: 'kind', reason: 'an object needs a kind and an apiVersion' });
  return { apiVersion, kind };
}

/** Types of objects are interfaces without an index signature, so the compiler cannot know that their fields are JSON. */
function fieldsOf(object: object): Readonly<Record<string, Json>> {
  return object as Readonly<Record<string, Json>>;
}
