/**
 * The version 2 document in the protobuf messages of `openapi.v2` (gnostic), which older clients demand. Field numbers are
 * those of its Document, PathItem, Operation, Parameter, Response and Schema messages; extensions travel as YAML text, of
 * which JSON is a part.
 */
import type { Json } from '@kubewright/api';
import { isObject } from '../kinds/fields/fields.js';
import { ProtobufWriter } from './protobuf-writer.js';
import type { JsonMap, PieceV2 } from './version-2.js';

const methodFields = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const;

/** A writer that holds the beginning of a Document: version and title. */
export function documentStart(version: string): Buffer {
  const info = new ProtobufWriter().string(1, 'Kubernetes').string(2, version);
  return new ProtobufWriter().string(1, '2.0').message(2, info).finish();
}

/** The paths and definitions of a Document, each message in the bytes that an encoder of it was given. */
export function sections(paths: readonly Uint8Array[], definitions: readonly Uint8Array[]): Buffer[] {
  return [section(8, paths), section(9, definitions)];
}

function section(field: number, entries: readonly Uint8Array[]): Buffer {
  const writer = new ProtobufWriter();
  for (const entry of entries) writer.bytes(field === 8 ? 2 : 1, entry);
  return new ProtobufWriter().message(field, writer).finish();
}

/** One path (NamedPathItem) or definition (NamedSchema), without the tag of the list it belongs to. */
export function encodePiece(piece: PieceV2): Buffer {
  const value = piece.type === 'path' ? pathItem(piece.value) : schemaMessage(piece.value);
  return new ProtobufWriter().string(1, piece.name).message(2, value).finish();
}

function pathItem(item: JsonMap): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const [method, field] of Object.entries(methodFields)) {
    const value = item[method];
    if (isObject(value)) writer.message(field, operation(value));
  }
  for (const parameter of objects(item['parameters'])) writer.message(9, parameterItem(parameter));
  return writer;
}

function operation(value: JsonMap): ProtobufWriter {
  const writer = new ProtobufWriter().strings(1, strings(value['tags'])).string(5, text(value['operationId']));
  writer.strings(6, strings(value['produces'])).strings(7, strings(value['consumes']));
  for (const parameter of objects(value['parameters'])) writer.message(8, parameterItem(parameter));
  const responses = new ProtobufWriter();
  if (isObject(value['responses'])) {
    for (const [code, response] of Object.entries(value['responses'])) {
      if (isObject(response))
        responses.message(1, new ProtobufWriter().string(1, code).message(2, responseValue(response)));
    }
  }
  writer.message(9, responses).strings(10, strings(value['schemes']));
  return extensions(writer, 13, value);
}

function responseValue(response: JsonMap): ProtobufWriter {
  const writer = new ProtobufWriter().string(1, text(response['description']));
  const schema = response['schema'];
  if (isObject(schema)) writer.message(2, new ProtobufWriter().message(1, schemaMessage(schema)));
  return new ProtobufWriter().message(1, writer);
}

/** ParametersItem → Parameter → body, or (not body →) query or path. */
function parameterItem(parameter: JsonMap): ProtobufWriter {
  const place = text(parameter['in']);
  const choice = new ProtobufWriter();
  if (place === 'body') {
    const body = new ProtobufWriter()
      .string(2, text(parameter['name']))
      .string(3, place)
      .flag(4, parameter['required'] === true);
    if (isObject(parameter['schema'])) body.message(5, schemaMessage(parameter['schema']));
    choice.message(1, body);
  } else {
    const inPath = place === 'path';
    const plain = new ProtobufWriter()
      .flag(1, parameter['required'] === true)
      .string(2, place)
      .string(4, text(parameter['name']));
    plain.string(inPath ? 5 : 6, text(parameter['type'])).flag(inPath ? 19 : 20, parameter['uniqueItems'] === true);
    choice.message(2, new ProtobufWriter().message(inPath ? 4 : 3, plain));
  }
  return new ProtobufWriter().message(1, choice);
}

const stringFields = { $ref: 1, format: 2, title: 3, description: 4, pattern: 13 } as const;
const doubleFields = { multipleOf: 6, maximum: 7, minimum: 9 } as const;
const integerFields = {
  maxLength: 11,
  minLength: 12,
  maxItems: 14,
  minItems: 15,
  maxProperties: 17,
  minProperties: 18,
} as const;
const flagFields = { exclusiveMaximum: 8, exclusiveMinimum: 10, uniqueItems: 16 } as const;

function schemaMessage(schema: JsonMap): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const [key, field] of Object.entries(stringFields))
    if (typeof schema[key] === 'string') writer.string(field, schema[key]);
  for (const [key, field] of Object.entries(doubleFields))
    if (typeof schema[key] === 'number') writer.double(field, schema[key]);
  for (const [key, field] of Object.entries(integerFields))
    if (typeof schema[key] === 'number') writer.integer(field, schema[key]);
  for (const [key, field] of Object.entries(flagFields)) writer.flag(field, schema[key] === true);
  if (schema['default'] !== undefined) writer.message(5, any(schema['default']));
  writer.strings(19, strings(schema['required']));
  if (Array.isArray(schema['enum'])) for (const value of schema['enum']) writer.message(20, any(value));
  const additional = schema['additionalProperties'];
  if (isObject(additional)) writer.message(21, new ProtobufWriter().message(1, schemaMessage(additional)));
  else if (typeof additional === 'boolean') writer.message(21, new ProtobufWriter().integer(2, Number(additional)));
  if (typeof schema['type'] === 'string') writer.message(22, new ProtobufWriter().string(1, schema['type']));
  if (isObject(schema['items'])) writer.message(23, new ProtobufWriter().message(1, schemaMessage(schema['items'])));
  for (const part of objects(schema['allOf'])) writer.message(24, schemaMessage(part));
  if (isObject(schema['properties'])) {
    const properties = new ProtobufWriter();
    for (const [name, property] of Object.entries(schema['properties'])) {
      if (isObject(property))
        properties.message(1, new ProtobufWriter().string(1, name).message(2, schemaMessage(property)));
    }
    writer.message(25, properties);
  }
  return extensions(writer, 31, schema);
}

function extensions(writer: ProtobufWriter, field: number, value: JsonMap): ProtobufWriter {
  for (const [name, extension] of Object.entries(value)) {
    if (name.startsWith('x-')) writer.message(field, new ProtobufWriter().string(1, name).message(2, any(extension)));
  }
  return writer;
}

/** Any value, as YAML text. */
function any(value: Json): ProtobufWriter {
  return new ProtobufWriter().string(2, `${JSON.stringify(value)}\n`);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function objects(value: Json | undefined): JsonMap[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
