/**
 * Messages that JSON shows as something else than an object of their fields: times, quantities, numbers or texts, embedded
 * JSON, and the unions of CustomResourceDefinition schemas.
 */
import type { JsonObject, MutableJson } from '../json/json.js';
import { formatTime, parseTime } from '../meta/time.js';
import { malformed, wire } from './reader.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

/** Tags: a field's number and its wire type. */
const varint1 = (1 << 3) | wire.varint;
const varint2 = (2 << 3) | wire.varint;
const bytes1 = (1 << 3) | wire.bytes;
const bytes3 = (3 << 3) | wire.bytes;

/** The first and last second that RFC 3339 can write. */
const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;

/** A Time or MicroTime; without any byte it is Go's zero time, which JSON writes as null. */
export function readTime(reader: Reader, end: number, micro: boolean): string | null {
  if (reader.position === end) return null;
  let seconds = 0;
  let nanos = 0;
  forEachField(reader, end, (tag) => {
    if (tag === varint1) seconds = reader.int64(end);
    else if (tag === varint2) nanos = reader.int64(end);
    return tag === varint1 || tag === varint2;
  });
  if (seconds < firstSecond || seconds > lastSecond || nanos < 0 || nanos >= 1_000_000_000)
    throw malformed(`a time of ${seconds} seconds and ${nanos} nanoseconds is out of range`);
  if (seconds === firstSecond && nanos === 0) return null;
  const day = Math.floor(seconds / daySeconds);
  if (day !== knownDay.number) knownDay = { number: day, text: formatTime(day * daySeconds * 1000).slice(0, 11) };
  const rest = seconds - day * daySeconds;
  const time = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return `${knownDay.text}${time}${micro ? `.${String(Math.floor(nanos / 1000)).padStart(6, '0')}` : ''}Z`;
}

const daySeconds = 86_400;

/** The day of the last time, as `2026-01-01T`. The times of an object are mostly of one day, and dates are slow to write. */
let knownDay = { number: Number.NaN, text: '' };

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** @throws KW_API_TIME */
export function writeTime(writer: Writer, text: string, micro: boolean): void {
  const seconds = Math.floor(parseTime(text) / 1000);
  const micros = micro ? Number((/\.(\d+)/.exec(text)?.[1] ?? '').slice(0, 6).padEnd(6, '0')) : 0;
  if (seconds === firstSecond && micros === 0) return;
  writer.uint32(micros * 1000);
  writer.tag(2, wire.varint);
  writer.int64(seconds);
  writer.tag(1, wire.varint);
}

/** The text of a Quantity; Go refuses an empty one. */
export function readQuantity(reader: Reader, end: number): string {
  let text = '';
  forEachField(reader, end, (tag) => {
    if (tag === bytes1) text = reader.text(end);
    return tag === bytes1;
  });
  if (text === '') throw malformed('a quantity is empty');
  return text;
}

export function writeText(writer: Writer, field: number, text: string): void {
  const before = writer.length;
  writer.text(text);
  writer.header(field, before);
}

export function readIntOrString(reader: Reader, end: number): number | string {
  let type = 0;
  let number = 0;
  let text = '';
  forEachField(reader, end, (tag) => {
    if (tag === varint1) type = reader.int64(end);
    else if (tag === varint2) number = reader.uint32(end) | 0;
    else if (tag === bytes3) text = reader.text(end);
    return tag === varint1 || tag === varint2 || tag === bytes3;
  });
  if (type !== 0 && type !== 1) throw malformed(`a number or text is of type ${type}`);
  return type === 0 ? number : text;
}

export function writeIntOrString(writer: Writer, value: number | string): void {
  const isText = typeof value === 'string';
  writeText(writer, 3, isText ? value : '');
  writer.int64(isText ? 0 : value);
  writer.tag(2, wire.varint);
  writer.uint32(isText ? 1 : 0);
  writer.tag(1, wire.varint);
}

/** The bytes of field 1, or undefined where the message has none: RawExtension, FieldsV1 and JSON are such messages. */
export function readRaw(reader: Reader, end: number): Buffer | undefined {
  let raw: Buffer | undefined;
  forEachField(reader, end, (tag) => {
    if (tag === bytes1) raw = reader.bytes(end);
    return tag === bytes1;
  });
  return raw;
}

/** A list of texts that is a message of its own, as a map's values are. */
export function readStrings(reader: Reader, end: number): string[] {
  const items: string[] = [];
  forEachField(reader, end, (tag) => {
    if (tag === bytes1) items.push(reader.text(end));
    return tag === bytes1;
  });
  return items;
}

/** Gives each field's tag to `read`, which says whether it has read the value; the others are skipped. */
function forEachField(reader: Reader, end: number, read: (tag: number) => boolean): void {
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (!read(tag)) reader.skip(tag & 7, end);
  }
}

/** The member of a union that JSON shows, of the union's fields. */
export function shownMember(union: JsonObject): MutableJson {
  const { schema, jSONSchemas, property, allows } = union;
  if (Array.isArray(jSONSchemas) && jSONSchemas.length > 0) return jSONSchemas;
  if (Array.isArray(property) && property.length > 0) return property;
  if (schema !== null && schema !== undefined) return schema;
  return allows ?? null;
}

/** The fields of the union that shows as `value`. */
export function unionOf(value: MutableJson): JsonObject {
  if (typeof value === 'boolean') return { allows: value };
  if (Array.isArray(value)) return typeof value[0] === 'string' ? { property: value } : { jSONSchemas: value };
  return { schema: value, allows: true };
}
