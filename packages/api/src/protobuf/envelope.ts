/**
 * The envelope of a protobuf body: four magic bytes and a message that names the apiVersion and kind of the object in it.
 */
import { Reader, malformed, wire } from './reader.js';
import { writeText } from './special-values.js';
import type { Writer } from './writer.js';

/** `k8s` and a zero. */
const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object's message, a view of the body. */
  readonly raw: Uint8Array;
}

/** Whether bytes begin as a protobuf body does. No JSON or YAML does. */
export function isProtobuf(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte);
}

/**
 * Reads what a body is of, without its object: cheap, so that a server can refuse another kind than it expects.
 *
 * @throws KW_API_PROTOBUF
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (!isProtobuf(bytes)) throw malformed('it does not begin with the four bytes of a Kubernetes envelope');
  const reader = new Reader(bytes);
  const end = reader.length;
  reader.position = magic.length;
  let types: Uint8Array = new Uint8Array();
  let raw: Uint8Array = new Uint8Array();
  let encoding = '';
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === tags.types) types = reader.bytes(end);
    else if (tag === tags.raw) raw = reader.bytes(end);
    else if (tag === tags.encoding) encoding = reader.text(end);
    else reader.skip(tag & 7, end);
  }
  if (encoding !== '') throw malformed(`its content encoding is '${encoding}', and only none is known`);
  return { ...decodeTypes(types), raw };
}

const tags = {
  types: (1 << 3) | wire.bytes,
  raw: (2 << 3) | wire.bytes,
  encoding: (3 << 3) | wire.bytes,
};

function decodeTypes(bytes: Uint8Array): { apiVersion: string; kind: string } {
  const reader = new Reader(bytes);
  const end = reader.length;
  let apiVersion = '';
  let kind = '';
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === tags.types) apiVersion = reader.text(end);
    else if (tag === tags.raw) kind = reader.text(end);
    else reader.skip(tag & 7, end);
  }
  if (apiVersion === '' || kind === '') throw malformed('its envelope names no apiVersion and kind');
  return { apiVersion, kind };
}

/** Puts the envelope around the message that `writer` holds. */
export function writeEnvelope(writer: Writer, apiVersion: string, kind: string, writeRaw: () => void): void {
  writeText(writer, 4, '');
  writeText(writer, 3, '');
  const beforeRaw = writer.length;
  writeRaw();
  writer.header(2, beforeRaw);
  const beforeTypes = writer.length;
  writeText(writer, 2, kind);
  writeText(writer, 1, apiVersion);
  writer.header(1, beforeTypes);
  writer.bytes(magic);
}
