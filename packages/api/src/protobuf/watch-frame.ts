import type { JsonObject } from '../json/json.js';
import { decodeRaw, encodeProtobuf } from './codec.js';
import type { Encodable } from './codec.js';
import { MessageDecoder } from './decode-message.js';
import { writeMessage } from './encode-message.js';
import { findMessage } from './message-table.js';
import type { Message } from './message-table.js';
import { malformed } from './reader.js';
import { Writer } from './writer.js';

/** The media type of a watch: frames of a length in four bytes, the highest first, and an event without an envelope. */
export const protobufWatchMediaType = 'application/vnd.kubernetes.protobuf;stream=watch';

const lengthBytes = 4;

export interface ProtobufWatchEvent {
  /** ADDED, MODIFIED, DELETED, BOOKMARK or ERROR. */
  readonly type: string;
  readonly object: JsonObject;
}

/**
 * One frame of a watch.
 *
 * @param object - an object, or what `encodeProtobuf` made of it, which is copied: a server can keep it.
 * @throws as encodeProtobuf.
 */
export function encodeWatchEvent(type: string, object: Encodable | Uint8Array): Uint8Array {
  const raw = object instanceof Uint8Array ? object : encodeProtobuf(object);
  const writer = new Writer(raw.length + 64);
  writeMessage(writer, watchEvent(), { type, object: raw }, 0);
  const { length } = writer;
  writer.bytes(Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length));
  return writer.finish();
}

/**
 * The first event of what a watch has sent, with the number of bytes that it took; undefined where a part of it is missing
 * yet.
 *
 * @param maximum - a frame longer than this many bytes is refused before it has come.
 * @throws KW_API_PROTOBUF for malformed bytes, KW_API_PROTOBUF_KIND for a kind that is not built in.
 */
export function decodeWatchEvent(
  bytes: Uint8Array,
  maximum: number,
): { event: ProtobufWatchEvent; size: number } | undefined {
  if (bytes.length < lengthBytes) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (length > maximum) throw malformed(`a frame of ${length} bytes is longer than ${maximum}`);
  const size = lengthBytes + length;
  if (bytes.length < size) return undefined;
  const { type, object } = new MessageDecoder(bytes.subarray(lengthBytes, size), decodeRaw).decode(watchEvent(), {}, 0);
  if (typeof type !== 'string' || typeof object !== 'object' || object === null || Array.isArray(object))
    throw malformed('a frame holds no event');
  return { event: { type, object }, size };
}

function watchEvent(): Message {
  const message = findMessage('meta.v1.WatchEvent');
  if (message === undefined) throw malformed('the table has no watch events');
  return message;
}
