/**
 * The protobuf form of the built-in kinds, from and to JSON objects: what `kubectl` and Go clients send and like best.
 * Custom resources have none. A table of messages drives it; nothing else of the package imports this entry, and the table is
 * read at the first question.
 *
 * It does not validate objects nor apply defaults, and strict decoding is unknown to it: fields that the table does not have are
 * left out on both ways.
 *
 * @packageDocumentation
 */
export {
  decodeMessage,
  decodeProtobuf,
  encodeList,
  encodeMessage,
  encodeProtobuf,
  hasProtobuf,
  protobufMediaType,
} from './codec.js';
export type { DecodedProtobuf, Encodable } from './codec.js';
export { decodeEnvelope, isProtobuf } from './envelope.js';
export type { Envelope } from './envelope.js';
export { decodeWatchEvent, encodeWatchEvent, protobufWatchMediaType } from './watch-frame.js';
export type { ProtobufWatchEvent } from './watch-frame.js';
export { protobufKinds } from './message-table.js';
