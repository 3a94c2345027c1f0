/**
 * From the bytes of a body to an object of the store: JSON or YAML 1.1, types and unknown fields checked against the
 * schema as the client's `fieldValidation` asks for.
 */
import {
  StatusError,
  apiErrors,
  apiVersionOf,
  decodeStrict,
  exceedsDepth,
  findDuplicateKeys,
  prune,
  statusErrors,
} from '@kubewright/api';
import { type JsonObject, type MutableJson, maximumDepth } from '@kubewright/api';
import { decodeUtf8, messageOf } from '@kubewright/core';
import { decodeEnvelope, decodeProtobuf, protobufMediaType } from '@kubewright/api/protobuf';
import { isJsonObject } from '../../object/object-bytes.js';
import { parseJsonText } from '../../object/parse-json.js';
import type { ServedResource } from '../../registry/served-resource.js';
import { mediaTypeOf } from './negotiation.js';

/** More findings than this are cut off in a text. */
const maximumFindings = 20;

/** Turns YAML into JSON, in the name of the user whose request it is. */
export type ToJson = (text: string) => Promise<string>;

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface DecodedBody {
  readonly value: MutableJson;
  /** Paths of keys that occur twice in one object; found only where they are asked for. */
  readonly duplicates: readonly string[];
}

const accepted = ['application/json', 'application/yaml', protobufMediaType];

/**
 * Parses a body by its content type.
 *
 * @param expected - the kind that the text of an error names.
 * @throws 400 for malformed text, 415 for another media type.
 */
export async function parseBody(
  body: Uint8Array,
  contentType: string | undefined,
  expected: string,
  duplicates: boolean,
  toJson: ToJson,
): Promise<DecodedBody> {
  const type = mediaTypeOf(contentType);
  if (type === protobufMediaType) return parseProtobuf(body, expected);
  if (type !== 'application/json' && type !== 'application/yaml') throw statusErrors.unsupportedMediaType(accepted);
  const text = textOfBody(body, expected);
  return type === 'application/yaml' ? await parseYaml(text, expected, toJson) : parseJson(text, expected, duplicates);
}

/**
 * The binary form of the built-in kinds, which typed Go clients send. The kind is looked at before anything is unpacked: a few
 * bytes of another kind could stand for a large list.
 */
function parseProtobuf(body: Uint8Array, expected: string): DecodedBody {
  try {
    const { kind } = decodeEnvelope(body);
    if (kind !== expected) throw malformed(expected, `the body is a ${kind}`);
    const value: MutableJson = decodeProtobuf(body).object;
    if (exceedsDepth(value)) throw malformed(expected, 'exceeded max depth');
    return { value, duplicates: [] };
  } catch (error) {
    if (apiErrors.PROTOBUF_KIND.is(error)) throw statusErrors.unsupportedMediaType(accepted.slice(0, 2));
    if (apiErrors.PROTOBUF.is(error)) throw malformed(expected, error.message);
    throw error;
  }
}

/** @throws 400 for malformed text. */
export function parseJson(text: string, expected: string, wantsDuplicates: boolean): DecodedBody {
  let value: MutableJson;
  try {
    value = parseJsonText(text);
  } catch (error) {
    throw malformed(expected, `json parse error: ${messageOf(error)}`);
  }
  checkDepth(text, expected);
  return { value, duplicates: wantsDuplicates ? findDuplicateKeys(text, value) : [] };
}

/**
 * YAML, of which JSON is a part that many clients send under its name and that is parsed much faster.
 *
 * @throws 400 for malformed text.
 */
export async function parseYaml(text: string, expected: string, toJson: ToJson): Promise<DecodedBody> {
  if (text.startsWith('{')) {
    try {
      return parseJson(text, expected, false);
    } catch {
      // A flow collection of YAML starts like that, too.
    }
  }
  try {
    return parseJson(await toJson(text), expected, false);
  } catch (error) {
    if (StatusError.is(error)) throw error;
    throw malformed(expected, `yaml: ${messageOf(error).split('\n', 1)[0]?.slice(0, 500) ?? ''}`);
  }
}

/**
 * The text of a body. Kubernetes' own servers read what is no UTF-8 as U+FFFD; here it is refused, as what a user has in another
 * encoding would be stored as something else, without a word.
 *
 * @throws 400
 */
export function textOfBody(body: Uint8Array, expected: string): string {
  try {
    return decodeUtf8(body);
  } catch {
    throw malformed(expected, 'the body is no UTF-8');
  }
}

/** Brackets inside strings count too, which only makes the measure stricter for texts that nobody writes. */
function checkDepth(text: string, expected: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 92) at++;
      else if (code === 34) quoted = false;
    } else if (code === 34) quoted = true;
    else if (code === 123 || code === 91) {
      if (++depth > maximumDepth) throw malformed(expected, 'exceeded max depth');
    } else if (code === 125 || code === 93) depth--;
  }
}

/**
 * Makes the object of a resource of a parsed body: wrong types are refused, unknown fields dropped and told.
 *
 * @throws 400 for a type error, and under Strict for anything unknown or duplicate.
 */
export function decodeObject(
  { value, duplicates }: DecodedBody,
  resource: ServedResource,
  validation: FieldValidation,
  warn: (text: string) => void,
): JsonObject {
  const { kind, version } = resource;
  if (!isJsonObject(value)) throw malformed(kind, 'the body is no object');
  const cannot = `${kind} in version "${version}" cannot be handled as a ${kind}`;
  checkKind(value, resource);
  let unknown: readonly string[] = [];
  if (resource.custom) unknown = resource.schema ? prune(resource.schema, value) : [];
  else if (resource.schema !== undefined) {
    const result = decodeStrict(resource.schema, value, resource.resolve);
    if (result.typeError !== undefined) throw statusErrors.badRequest(`${cannot}: ${result.typeError}`);
    unknown = result.unknownFields;
  }
  reportFindings(duplicates, unknown, validation, cannot, warn);
  return value;
}

/** Tells of duplicate and unknown fields as the client asked for. */
export function reportFindings(
  duplicates: readonly string[],
  unknown: readonly string[],
  validation: FieldValidation,
  cannot: string,
  warn: (text: string) => void,
): void {
  if (validation === 'Ignore') return;
  const findings = [
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ].slice(0, maximumFindings);
  if (findings.length === 0) return;
  if (validation === 'Strict')
    throw statusErrors.badRequest(`${cannot}: strict decoding error: ${findings.join(', ')}`);
  for (const finding of findings) warn(finding);
}

function checkKind(object: JsonObject, resource: ServedResource): void {
  const { apiVersion, kind } = object;
  if (kind !== undefined && kind !== resource.kind && typeof kind === 'string' && apiVersion === apiVersionOf(resource))
    throw statusErrors.badRequest(`${kind} in version "${resource.version}" cannot be handled as a ${resource.kind}`);
}

function malformed(expected: string, why: string): StatusError {
  return statusErrors.badRequest(
    `the object provided is unrecognized (must be of type ${expected}): couldn't get version/kind; ${why}`,
  );
}

/** @throws 422 for another value than the three. */
export function readFieldValidation(value: string | null): FieldValidation {
  if (value === null || value === '') return 'Warn';
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value;
  throw statusErrors.invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
    {
      field: 'fieldValidation',
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: "", "Ignore", "Strict", "Warn"`,
    },
  ]);
}
