import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { builtinSchema, schemaOfKind } from '../builtin/schemas.js';
import type { JsonObject, MutableJson } from '../json/json.js';
import { parseApiVersion } from '../kind/kind.js';
import type { Schema } from '../schema/schema.js';
import { decodeProtobuf, encodeProtobuf, hasProtobuf } from './codec.js';
import { protobufKinds } from './message-table.js';

const random = new SeededRandom(36);
const pick = (count: number) => Math.floor(random.next() * count);

/** What schemas do not tell of their forms. */
const forms: Readonly<Record<string, () => MutableJson>> = {
  Time: () => '2026-01-02T03:04:05Z',
  MicroTime: () => '2026-01-02T03:04:05.678901Z',
  Quantity: () => `${1 + pick(999)}m`,
  IntOrString: () => (random.next() < 0.5 ? 1 + pick(99) : 'http'),
  RawExtension: () => ({ a: [pick(9)] }),
  FieldsV1: () => ({ 'f:a': {} }),
  JSON: () => ['a', 1, { b: null }],
  JSONSchemaPropsOrArray: () => ({ type: 'string' }),
  JSONSchemaPropsOrBool: () => random.next() < 0.5,
  JSONSchemaPropsOrStringArray: () => ['a'],
};

/** A value of a schema in which nothing is empty, so that it must come back whole. */
function valueOf(schema: Schema, depth: number): MutableJson {
  if (schema.$ref !== undefined) {
    const form = forms[schema.$ref.split('.').at(-1) ?? ''];
    return form === undefined ? valueOf(builtinSchema(schema.$ref), depth) : form();
  }
  if (schema.items !== undefined)
    return Array.from({ length: 1 + pick(2) }, () => valueOf(schema.items ?? {}, depth + 1));
  if (typeof schema.additionalProperties === 'object') {
    const element = schema.additionalProperties;
    return Object.fromEntries(['b', 'a'].map((key) => [key, valueOf(element, depth + 1)]));
  }
  if (schema.properties !== undefined) {
    const object: JsonObject = {};
    // Of an object within a list the envelope of the list says what it is.
    const isKind = schema['x-kubernetes-group-version-kind'] !== undefined;
    for (const [name, property] of Object.entries(schema.properties))
      if (isKind && (name === 'apiVersion' || name === 'kind')) continue;
      else if (depth < 9 && random.next() < 4 / (depth + 4)) object[name] = valueOf(property, depth + 1);
    return object;
  }
  if (schema.type === 'string')
    return schema.format === 'byte' ? 'AAEC/w==' : `text-${pick(99)}-é`.slice(0, 1 + pick(9));
  if (schema.type === 'boolean') return true;
  if (schema.type === 'number') return 0.5 + pick(9);
  return schema.type === 'integer' ? (random.next() < 0.2 ? -1 : 1) * (1 + pick(2_000_000_000)) : {};
}

const kinds = protobufKinds().flatMap(({ apiVersion, kind }) => {
  const schema = schemaOfKind({ ...parseApiVersion(apiVersion), kind });
  return schema === undefined ? [] : [{ apiVersion, kind, schema }];
});

describe('every kind with a schema', () => {
  it('is many', () => {
    expect(kinds.length).toBeGreaterThan(150);
  });

  it.each(kinds)('$apiVersion $kind comes back as it was', ({ apiVersion, kind, schema }) => {
    for (let run = 0; run < 8; run++) {
      const object = { ...(valueOf(schema, 0) as JsonObject), apiVersion, kind };
      const bytes = encodeProtobuf(object);
      const decoded = decodeProtobuf(bytes).object;
      // JSON always has some fields that the object may lack; there is nothing else in which they differ.
      expect(decoded).toMatchObject(object);
      expect(encodeProtobuf(decoded)).toEqual(bytes);
    }
  });
});

describe('malformed bytes', () => {
  const samples = kinds.map(({ apiVersion, kind, schema }) =>
    Buffer.from(encodeProtobuf({ ...(valueOf(schema, 3) as JsonObject), apiVersion, kind })),
  );

  it('are decoded or refused, and never more', () => {
    let refused = 0;
    for (let run = 0; run < 20_000; run++) {
      const bytes = Buffer.from(samples[pick(samples.length)] ?? []);
      for (let change = 0; change <= pick(4); change++) bytes[4 + pick(bytes.length - 4)] = pick(256);
      const cut = random.next() < 0.3 ? bytes.subarray(0, pick(bytes.length)) : bytes;
      try {
        const { apiVersion, kind } = decodeProtobuf(cut);
        expect(hasProtobuf(apiVersion, kind)).toBe(true);
      } catch (error) {
        refused++;
        expect(error).toMatchObject({ code: expect.stringMatching(/^KW_API_PROTOBUF(_KIND)?$/) as string });
      }
    }
    expect(refused).toBeGreaterThan(1_000);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
