import type { JsonObject, MutableJson } from '../json/json.js';
import type { Field, Message } from './message-table.js';
import { Reader, malformed, wire } from './reader.js';
import { readIntOrString, readQuantity, readRaw, readStrings, readTime, shownMember } from './special-values.js';

/** Reads the bytes of a RawExtension, which hold JSON or an envelope of their own. */
export type RawDecoder = (raw: Buffer, depth: number) => MutableJson;

/**
 * How deep messages may be nested, envelopes within lists included. Each level takes several frames of the call stack, so it is below
 * the limit of JSON; the deepest objects that exist, the schemas of CustomResourceDefinitions, stay below a hundred.
 */
const maximumDepth = 250;

/** Decodes the messages of one body. */
export class MessageDecoder {
  readonly #reader: Reader;
  readonly #decodeRaw: RawDecoder;

  constructor(bytes: Uint8Array, decodeRaw: RawDecoder) {
    this.#reader = new Reader(bytes);
    this.#decodeRaw = decodeRaw;
  }

  /**
   * All the bytes as one message, onto `target`: the JSON that Go makes of the same bytes. No encoder writes a field twice
   * that is no list or map; where it was done, a later value replaces an earlier one unless it is empty.
   *
   * @param depth - how deep the message is nested in others.
   */
  decode(message: Message, target: JsonObject, depth: number): JsonObject {
    return this.#into(target, message, this.#reader.length, depth);
  }

  #into(target: JsonObject, message: Message, end: number, depth: number): JsonObject {
    if (depth > maximumDepth) throw malformed(`its messages are nested deeper than ${maximumDepth} levels`);
    const reader = this.#reader;
    while (reader.position < end) {
      const tag = reader.tag(end);
      const field = message.byNumber[tag >>> 3];
      if (field === undefined) reader.skip(tag & 7, end);
      else this.#field(target, field, tag & 7, end, depth);
    }
    for (const field of message.always) if (target[field.name] === undefined) target[field.name] = zeroOf(field);
    return target;
  }

  #field(target: JsonObject, field: Field, type: number, end: number, depth: number): void {
    const { name } = field;
    const reader = this.#reader;
    if (type !== field.wireType) {
      if (field.shape === 'list' && type === wire.bytes) this.#packed(listAt(target, name), field, end);
      else throw malformed(`field '${name}' has wire type ${type}, not ${field.wireType}`);
    } else if (field.shape === 'list') listAt(target, name).push(this.#value(field, end, depth));
    else if (field.shape === 'map') this.#entry(mapAt(target, name), field, reader.lengthEnd(end), depth);
    else if (field.embedded) this.#into(target, messageOf(field), reader.lengthEnd(end), depth + 1);
    else {
      const value = this.#value(field, end, depth);
      if (field.pointer || field.always || !isZero(value)) target[name] = value;
    }
  }

  #packed(list: MutableJson[], field: Field, end: number): void {
    const stop = this.#reader.lengthEnd(end);
    while (this.#reader.position < stop) list.push(this.#value(field, stop, 0));
  }

  #entry(map: JsonObject, field: Field, end: number, depth: number): void {
    const reader = this.#reader;
    let key = '';
    let value: MutableJson | undefined;
    while (reader.position < end) {
      const tag = reader.tag(end);
      if (tag === keyTag) key = reader.text(end);
      else if (tag === valueTag) value = this.#value(field, end, depth);
      else reader.skip(tag & 7, end);
    }
    if (value === undefined) value = field.type === 'bytes' ? '' : elementZero(field);
    // An assignment to this name would set the prototype.
    if (key === '__proto__')
      Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
    else map[key] = value;
  }

  #value(field: Field, end: number, depth: number): MutableJson {
    const reader = this.#reader;
    switch (field.type) {
      case 'string':
        return reader.text(end);
      case 'message':
        return this.#into({}, messageOf(field), reader.lengthEnd(end), depth + 1);
      case 'bool':
        return reader.bool(end);
      case 'int32':
        return reader.uint32(end) | 0;
      case 'int64':
        return reader.int64(end);
      case 'double':
        return finite(reader.double(end));
      case 'bytes':
        return reader.bytes(end).toString('base64');
      case 'time':
        return readTime(reader, reader.lengthEnd(end), false);
      case 'microTime':
        return readTime(reader, reader.lengthEnd(end), true);
      case 'quantity':
        return readQuantity(reader, reader.lengthEnd(end));
      case 'intOrString':
        return readIntOrString(reader, reader.lengthEnd(end));
      case 'strings':
        return readStrings(reader, reader.lengthEnd(end));
      case 'union':
        return shownMember(this.#into({}, messageOf(field), reader.lengthEnd(end), depth + 1));
      case 'json': {
        const raw = readRaw(reader, reader.lengthEnd(end));
        return raw === undefined || raw.length === 0 ? null : this.#decodeRaw(raw, depth + 1);
      }
    }
  }
}

const keyTag = (1 << 3) | wire.bytes;
const valueTag = (2 << 3) | wire.bytes;

function listAt(target: JsonObject, name: string): MutableJson[] {
  const present = target[name];
  if (Array.isArray(present)) return present;
  const list: MutableJson[] = [];
  target[name] = list;
  return list;
}

function mapAt(target: JsonObject, name: string): JsonObject {
  const present = target[name];
  if (typeof present === 'object' && present !== null && !Array.isArray(present)) return present;
  const map: JsonObject = {};
  target[name] = map;
  return map;
}

function messageOf(field: Field): Message {
  if (field.message === undefined) throw malformed(`field '${field.name}' has no message in the table`);
  return field.message;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw malformed('JSON has no number for what is infinite or none');
  return value;
}

function isZero(value: MutableJson): boolean {
  return value === '' || value === 0 || value === false || value === null;
}

/** What JSON shows where the bytes lack a field that it always has. */
function zeroOf(field: Field): MutableJson {
  return field.pointer || field.shape !== 'one' ? null : elementZero(field);
}

function elementZero(field: Field): MutableJson {
  switch (field.type) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0;
    case 'quantity':
      return '0';
    case 'message':
    case 'union': {
      const object: JsonObject = {};
      for (const each of messageOf(field).always) object[each.name] = zeroOf(each);
      return field.type === 'union' ? shownMember(object) : object;
    }
    case 'bytes':
    case 'time':
    case 'microTime':
    case 'json':
    case 'strings':
      return null;
  }
}
