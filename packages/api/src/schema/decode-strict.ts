/**
 * Decodes an object of a built-in kind as a typed server does: values must have their field's type, unknown fields are dropped and told, and a
 * null is an absent field. Quantities and times come out in their canonical form. It decides nothing about the values themselves; validation does.
 */
import { isObject } from '../json/json-value.js';
import { apiErrors } from '../errors.js';
import type { JsonObject, MutableJson } from '../json/json.js';
import { normalizeMicroTime, normalizeTime } from '../meta/time.js';
import { Quantity } from '../quantity/quantity.js';
import { childPath, indexPath } from '../validation/field-error.js';
import { typeOf } from './json-value.js';
import { RemovedFields } from './removed-fields.js';
import type { Schema, SchemaResolver } from './schema.js';

export interface DecodeResult {
  /** The paths of fields that the kind does not have, in the object's order, a hundred at most: `unknown field "spec.x"`. They are removed. */
  readonly unknownFields: readonly string[];
  /**
   * The first value that does not fit its field, in a server's words, as
   * `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`: the tail of a 400.
   */
  readonly typeError: string | undefined;
}

const machinery = 'io.k8s.apimachinery.pkg.';
/** Schemas whose objects hold anything. */
const opaque = new Set([
  `${machinery}runtime.RawExtension`,
  `${machinery}apis.meta.v1.FieldsV1`,
  `${machinery}apis.meta.v1.Patch`,
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON',
]);
const quantity = `${machinery}api.resource.Quantity`;
const microTime = `${machinery}apis.meta.v1.MicroTime`;
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.';
const schemaProps: Schema = { $ref: `${extensions}JSONSchemaProps` };
/** What a field of several types holds: an array's items or something else that is not an object. */
const unions = new Map<string, Schema>([
  [`${extensions}JSONSchemaPropsOrArray`, { type: 'array', items: schemaProps }],
  [`${extensions}JSONSchemaPropsOrBool`, { type: 'boolean' }],
  [`${extensions}JSONSchemaPropsOrStringArray`, { type: 'array', items: { type: 'string' } }],
]);

/**
 * Decodes the object itself.
 *
 * @param schema - the kind's, with its `x-kubernetes-group-version-kind`.
 * @param resolve - finds what `$ref` names, as `builtinSchema`.
 */
export function decodeStrict(schema: Schema, value: JsonObject, resolve: SchemaResolver): DecodeResult {
  const decoder = new Decoder(resolve);
  const kind = schema['x-kubernetes-group-version-kind']?.[0]?.kind ?? '';
  decoder.object(schema, value, { path: '', fields: '', struct: kind });
  return { unknownFields: decoder.unknown.paths, typeError: decoder.typeError };
}

/** Where the decoder is. */
interface Place {
  /** With indexes, as an unknown field is told. */
  readonly path: string;
  /** Without indexes, as a type error is told. */
  readonly fields: string;
  /** The type that the field belongs to, as `DeploymentSpec`. */
  readonly struct: string;
}

class Decoder {
  readonly unknown = new RemovedFields();
  typeError: string | undefined;

  constructor(private readonly resolve: SchemaResolver) {}

  /** The value to keep: the one given, but for quantities, times, and nulls in lists and maps. */
  value(node: Schema, value: MutableJson, place: Place): MutableJson {
    const name = node.$ref;
    const schema = name === undefined ? node : this.resolve(name);
    if (name !== undefined && opaque.has(name)) return value;
    if (value === null) return name === quantity ? '0' : zeroOf(schema);
    const union = name === undefined ? undefined : unions.get(name);
    if (union !== undefined)
      return this.value(typeof value === 'object' && !Array.isArray(value) ? schemaProps : union, value, place);
    if (name === quantity) return this.#quantity(value, place);
    if (schema.format === 'date-time')
      return this.#time(value, name === microTime ? normalizeMicroTime : normalizeTime, place);
    if (schema.format === 'int-or-string') this.#intOrString(value, place);
    else if (schema.type === 'object' && isObject(value)) this.object(schema, value, inside(place, name));
    else if (schema.type === 'array' && Array.isArray(value)) this.#array(schema, value, place);
    else this.#scalar(schema, value, name, place);
    return value;
  }

  object(schema: Schema, value: JsonObject, place: Place): void {
    const { properties, additionalProperties } = schema;
    for (const name of Object.keys(value)) {
      const child = value[name] ?? null;
      const path = childPath(place.path, name);
      const own = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
      const known = own ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
      if (known === undefined) {
        delete value[name];
        this.unknown.add(path);
      } else if (child === null && own !== undefined) delete value[name];
      else {
        // A map's keys are part of no field's name.
        const fields = own === undefined ? place.fields : childPath(place.fields, name);
        value[name] = this.value(known, child, { path, fields, struct: place.struct });
      }
    }
  }

  #array(schema: Schema, value: MutableJson[], place: Place): void {
    if (schema.items === undefined) return;
    for (const [index, item] of value.entries()) {
      value[index] = this.value(schema.items, item, { ...place, path: indexPath(place.path, index) });
    }
  }

  #scalar(schema: Schema, value: MutableJson, name: string | undefined, place: Place): void {
    const actual = typeOf(value);
    if (schema.type === 'integer') {
      if (actual !== 'integer' || typeof value !== 'number' || !inRange(value, schema.format))
        this.#mismatch(value, schema.format ?? 'int64', place);
    } else if (schema.type === 'number') {
      if (actual !== 'integer' && actual !== 'number') this.#mismatch(value, 'float64', place);
    } else if (schema.format === 'byte') {
      if (typeof value !== 'string') this.#mismatch(value, '[]uint8', place);
      else this.#bytes(value);
    } else if (schema.type !== undefined && schema.type !== actual)
      this.#mismatch(value, this.#goType(schema, name), place);
  }

  #quantity(value: MutableJson, place: Place): MutableJson {
    if (typeof value !== 'string' && typeof value !== 'number') {
      this.#mismatch(value, 'resource.Quantity', place);
      return value;
    }
    try {
      return Quantity.parse(value).toString();
    } catch (error) {
      if (!apiErrors.QUANTITY.is(error)) throw error;
      this.#fail(error.details.reason);
      return value;
    }
  }

  #intOrString(value: MutableJson, place: Place): void {
    const integer = typeof value === 'number' && Number.isInteger(value) && inRange(value, 'int32');
    if (typeof value !== 'string' && !integer)
      this.#mismatch(value, typeof value === 'number' ? 'int32' : 'intstr.IntOrString', place);
  }

  #time(value: MutableJson, normalize: (text: string) => string, place: Place): MutableJson {
    if (typeof value !== 'string') {
      this.#mismatch(value, 'v1.Time', place);
      return value;
    }
    try {
      return normalize(value);
    } catch (error) {
      if (!apiErrors.TIME.is(error)) throw error;
      const quoted = JSON.stringify(value);
      this.#fail(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`);
      return value;
    }
  }

  #bytes(value: string): void {
    const text = value.replace(/[\r\n]/g, '');
    const wrong = text.search(/[^A-Za-z0-9+/=]/);
    if (wrong >= 0 || text.length % 4 !== 0 || /=[^=]|={3}/.test(text)) {
      this.#fail(
        `illegal base64 data at input byte ${wrong >= 0 ? wrong : Math.max(text.length - (text.length % 4 || 4), 0)}`,
      );
    }
  }

  #mismatch(value: MutableJson, wanted: string, { struct, fields }: Place): void {
    const actual = typeof value === 'number' ? `number${wanted.startsWith('int') ? ` ${value}` : ''}` : goKind(value);
    this.#fail(`json: cannot unmarshal ${actual} into Go struct field ${childPath(struct, fields)} of type ${wanted}`);
  }

  #fail(text: string): void {
    this.typeError ??= text;
  }

  /** A schema's type as a server's message names it: `v1.PodSpec`, `[]v1.Container`, `map[string]string`. */
  #goType(schema: Schema, name: string | undefined): string {
    if (name !== undefined) {
      const [version = '', type = ''] = name.split('.').slice(-2);
      return `${version}.${type}`;
    }
    const element = (node: Schema) => this.#goType(node.$ref === undefined ? node : this.resolve(node.$ref), node.$ref);
    if (schema.type === 'array') return `[]${schema.items === undefined ? 'interface {}' : element(schema.items)}`;
    if (typeof schema.additionalProperties === 'object') return `map[string]${element(schema.additionalProperties)}`;
    if (schema.type === 'boolean') return 'bool';
    if (schema.type === 'integer') return schema.format ?? 'int64';
    return schema.type ?? 'interface {}';
  }
}

/** A map does not change the type that fields belong to, a named object does. */
function inside(place: Place, name: string | undefined): Place {
  return name === undefined ? place : { ...place, struct: name.split('.').at(-1) ?? place.struct };
}

function goKind(value: MutableJson): string {
  return typeof value === 'boolean' ? 'bool' : typeOf(value);
}

function inRange(value: number, format: string | undefined): boolean {
  if (format === 'int32') return value >= -(2 ** 31) && value < 2 ** 31;
  return value >= -(2 ** 63) && value < 2 ** 63;
}

/** What a null becomes where it cannot be left out: in a list and in a map. */
function zeroOf(schema: Schema): MutableJson {
  if (schema.format === 'int-or-string') return 0;
  switch (schema.type) {
    case 'string':
      return schema.format === 'date-time' ? null : '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'object':
      return {};
    default:
      return null;
  }
}
