import { apiErrors } from '../errors.js';
import type { Json, JsonObject, MutableJson } from '../json/json.js';
import { maximumDepth } from '../json/depth.js';
import type { Field, FieldType, Message } from './message-table.js';
import { wire } from './reader.js';
import { unionOf, writeIntOrString, writeText, writeTime } from './special-values.js';
import type { Writer } from './writer.js';

type Fields = Readonly<Record<string, Json | Uint8Array | undefined>>;
type Value = Json | Uint8Array;

const nothing: Fields = {};

/**
 * Writes an object's fields as its message, in the bytes that Go writes for the same object: what is no pointer is written
 * even where it is zero. Fields that the message does not have are left out.
 *
 * @param object - its lists may hold what is encoded already, as bytes in place of objects.
 * @throws KW_API_PROTOBUF_VALUE where a value is of another type than its field.
 */
export function writeMessage(writer: Writer, message: Message, object: Fields, depth: number): void {
  const { fields } = message;
  for (let index = fields.length - 1; index >= 0; index--) {
    const field = fields[index];
    if (field === undefined) continue;
    if (field.embedded) {
      const before = writer.length;
      writeMessage(writer, messageOf(field), object, depth);
      writer.header(field.number, before);
      continue;
    }
    const value = object[field.name] ?? undefined;
    if (field.shape === 'list') writeList(writer, field, value, depth);
    else if (field.shape === 'map') writeMap(writer, field, value, depth);
    else if (value !== undefined) writeField(writer, field, field.number, value, depth);
    else if (!field.pointer && field.type !== 'bytes') writeZero(writer, field, field.number, depth);
  }
}

function writeList(writer: Writer, field: Field, list: Value | undefined, depth: number): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) throw refused(field, 'a list', list);
  const items: readonly (Value | undefined)[] = list;
  for (let index = items.length - 1; index >= 0; index--) {
    const item = items[index] ?? undefined;
    if (item === undefined) writeZero(writer, field, field.number, depth);
    else writeField(writer, field, field.number, item, depth);
  }
}

/** By descending key, so that the keys ascend in the bytes and equal objects have equal bytes. */
function writeMap(writer: Writer, field: Field, map: Value | undefined, depth: number): void {
  if (map === undefined) return;
  const object = asFields(field, map);
  const keys = Object.keys(object).sort();
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] ?? '';
    const entry = writer.length;
    const value = object[key] ?? undefined;
    if (value !== undefined) writeField(writer, field, 2, value, depth);
    else if (field.type !== 'bytes') writeZero(writer, field, 2, depth);
    writeText(writer, 1, key);
    writer.header(field.number, entry);
  }
}

function writeZero(writer: Writer, field: Field, number: number, depth: number): void {
  const zero = zeros[field.type];
  if (zero !== undefined) {
    writeField(writer, field, number, zero, depth);
    return;
  }
  const before = writer.length;
  if (field.type === 'message' || field.type === 'union') writeMessage(writer, messageOf(field), nothing, depth + 1);
  writer.header(number, before);
}

const zeros: Partial<Record<FieldType, Json>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  quantity: '0',
  intOrString: 0,
};

function writeField(writer: Writer, field: Field, number: number, value: Value, depth: number): void {
  switch (field.type) {
    case 'bool':
      if (typeof value !== 'boolean') throw refused(field, 'true or false', value);
      writer.uint32(value ? 1 : 0);
      writer.tag(number, wire.varint);
      return;
    case 'int32':
    case 'int64':
      writer.int64(asInteger(field, value));
      writer.tag(number, wire.varint);
      return;
    case 'double':
      if (typeof value !== 'number') throw refused(field, 'a number', value);
      writer.double(value);
      writer.tag(number, wire.fixed64);
      return;
    default: {
      const before = writer.length;
      writeContent(writer, field, value, depth);
      writer.header(number, before);
    }
  }
}

/** What has a length: the length and tag come after. */
function writeContent(writer: Writer, field: Field, value: Value, depth: number): void {
  switch (field.type) {
    case 'string':
      writer.text(asText(field, value));
      return;
    case 'message':
      if (value instanceof Uint8Array) writer.bytes(value);
      else writeMessage(writer, messageOf(field), asFields(field, value), deeper(field, depth));
      return;
    case 'bytes':
      writer.bytes(Buffer.from(asText(field, value), 'base64'));
      return;
    case 'time':
    case 'microTime':
      writeTime(writer, asText(field, value), field.type === 'microTime');
      return;
    case 'quantity':
      writeText(writer, 1, typeof value === 'number' ? String(value) : asText(field, value));
      return;
    case 'intOrString':
      writeIntOrString(writer, typeof value === 'string' ? value : asInteger(field, value));
      return;
    case 'json': {
      const before = writer.length;
      if (value instanceof Uint8Array) writer.bytes(value);
      else writer.text(JSON.stringify(value));
      writer.header(1, before);
      return;
    }
    case 'strings':
      if (!Array.isArray(value)) throw refused(field, 'a list', value);
      for (const text of value.toReversed()) writeText(writer, 1, asText(field, text));
      return;
    case 'union':
      writeMessage(writer, messageOf(field), unionOf(value as MutableJson), deeper(field, depth));
      return;
    case 'bool':
    case 'int32':
    case 'int64':
    case 'double':
  }
}

function deeper(field: Field, depth: number): number {
  if (depth >= maximumDepth)
    throw apiErrors.PROTOBUF_VALUE({ field: field.name, reason: `it is nested deeper than ${maximumDepth} levels` });
  return depth + 1;
}

function messageOf(field: Field): Message {
  if (field.message === undefined)
    throw apiErrors.PROTOBUF_VALUE({ field: field.name, reason: 'the table has no message for it' });
  return field.message;
}

function asFields(field: Field, value: Value): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw refused(field, 'an object', value);
  return value as JsonObject;
}

function asText(field: Field, value: Value): string {
  if (typeof value !== 'string') throw refused(field, 'a text', value);
  return value;
}

function asInteger(field: Field, value: Value): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw refused(field, 'a whole number', value);
  return value;
}

function refused(field: Field, wanted: string, value: Value): Error {
  const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
  return apiErrors.PROTOBUF_VALUE({ field: field.name, reason: `it must be ${wanted}, not ${found}` });
}
