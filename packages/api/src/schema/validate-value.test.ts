import { describe, expect, it } from 'vitest';
import { builtinSchema, schemaOfKind } from '../builtin/schemas.js';
import { Deployment } from '../generated/apps/v1.js';
import type { Json } from '../json/json.js';
import { fieldError } from '../validation/field-error.js';
import type { Schema } from './schema.js';
import { validateValue } from './validate-value.js';

const text = (schema: Schema, value: Json, path = 'spec.x') =>
  validateValue(schema, value, path).map(({ field, message }) => `${field}: ${message}`);

describe('validateValue', () => {
  it.each<[string, Schema, Json, string[]]>([
    [
      'a type',
      { type: 'integer' },
      'string',
      ['spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"'],
    ],
    [
      'a null',
      { type: 'string' },
      null,
      ['spec.x: Invalid value: "null": spec.x in body must be of type string: "null"'],
    ],
    ['a nullable null', { type: 'string', nullable: true }, null, []],
    [
      'a fraction',
      { type: 'integer' },
      1.5,
      ['spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"'],
    ],
    ['an integer as number', { type: 'number' }, 1, []],
    [
      'an enum',
      { type: 'string', enum: ['a', 'b'] },
      'c',
      ['spec.x: Unsupported value: "c": supported values: "a", "b"'],
    ],
    [
      'an enum of numbers',
      { type: 'integer', enum: [1, 2] },
      3,
      ['spec.x: Unsupported value: 3: supported values: "1", "2"'],
    ],
    [
      'a minimum',
      { type: 'integer', minimum: 0 },
      -1,
      ['spec.x: Invalid value: -1: spec.x in body should be greater than or equal to 0'],
    ],
    [
      'an exclusive minimum',
      { type: 'integer', minimum: 0, exclusiveMinimum: true },
      0,
      ['spec.x: Invalid value: 0: spec.x in body should be greater than 0'],
    ],
    [
      'a maximum',
      { type: 'integer', maximum: 5 },
      6,
      ['spec.x: Invalid value: 6: spec.x in body should be less than or equal to 5'],
    ],
    [
      'an exclusive maximum',
      { type: 'number', maximum: 5, exclusiveMaximum: true },
      5,
      ['spec.x: Invalid value: 5: spec.x in body should be less than 5'],
    ],
    ['a multiple', { type: 'number', multipleOf: 0.1 }, 0.3, []],
    [
      'not a multiple',
      { type: 'integer', multipleOf: 4 },
      6,
      ['spec.x: Invalid value: 6: spec.x in body should be a multiple of 4'],
    ],
    [
      '32 bits',
      { type: 'integer', format: 'int32' },
      2 ** 31,
      ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x'],
    ],
    ['a length', { type: 'string', maxLength: 2 }, 'abc', ['spec.x: Too long: may not be more than 2 bytes']],
    ['a length in characters', { type: 'string', maxLength: 2 }, '\u{1f600}\u{1f600}', []],
    [
      'a minimal length',
      { type: 'string', minLength: 2 },
      'a',
      ['spec.x: Invalid value: "a": spec.x in body should be at least 2 chars long'],
    ],
    [
      'a pattern',
      { type: 'string', pattern: '^a+$' },
      'b',
      [`spec.x: Invalid value: "b": spec.x in body should match '^a+$'`],
    ],
    ['a pattern in Go syntax', { type: 'string', pattern: '(?i)\\A[[:alpha:]]+\\z' }, 'aB', []],
    [
      'a format',
      { type: 'string', format: 'date-time' },
      'now',
      ['spec.x: Invalid value: "now": spec.x in body must be of type date-time: "now"'],
    ],
    ['an unknown format', { type: 'string', format: 'colour' }, 'now', []],
    ['int-or-string', { 'x-kubernetes-int-or-string': true }, '25%', []],
    [
      'neither int nor string',
      { 'x-kubernetes-int-or-string': true },
      true,
      ['spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"'],
    ],
    [
      'too few items',
      { type: 'array', minItems: 1 },
      [],
      ['spec.x: Invalid value: 0: spec.x in body should have at least 1 items'],
    ],
    ['too many items', { type: 'array', maxItems: 1 }, [1, 2], ['spec.x: Too many: 2: must have at most 1 item']],
    [
      'unique items',
      { type: 'array', uniqueItems: true },
      [{ a: 1 }, { a: 1 }],
      [`spec.x: Invalid value: "": spec.x in body shouldn't contain duplicates`],
    ],
    [
      'an item',
      { type: 'array', items: { type: 'string' } },
      ['a', 1],
      ['spec.x[1]: Invalid value: "integer": spec.x[1] in body must be of type string: "integer"'],
    ],
    [
      'a set',
      { type: 'array', 'x-kubernetes-list-type': 'set' },
      ['a', 'b', 'a', 'a'],
      ['spec.x[2]: Duplicate value: "a"'],
    ],
    [
      'a map list',
      {
        type: 'array',
        items: { type: 'object' },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      },
      [{ name: 'a', v: 1 }, { name: 'b' }, { name: 'a', v: 2 }],
      ['spec.x[2]: Duplicate value: {"name":"a"}'],
    ],
    [
      'a map list with a defaulted key',
      {
        type: 'array',
        items: { type: 'object', properties: { port: {}, protocol: { default: 'TCP' } } },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['port', 'protocol'],
      },
      [{ port: 1 }, { port: 1, protocol: 'TCP' }],
      ['spec.x[1]: Duplicate value: {"port":1,"protocol":"TCP"}'],
    ],
    ['a required field', { type: 'object', required: ['a'] }, {}, ['spec.x.a: Required value']],
    [
      'too many properties',
      { type: 'object', maxProperties: 1 },
      { a: 1, b: 2 },
      ['spec.x: Too many: 2: must have at most 1 item'],
    ],
    [
      'too few properties',
      { type: 'object', minProperties: 1 },
      {},
      ['spec.x: Invalid value: 0: spec.x in body should have at least 1 properties'],
    ],
    [
      'a value of a map',
      { type: 'object', additionalProperties: { type: 'integer' } },
      { k: 'v' },
      ['spec.x.k: Invalid value: "string": spec.x.k in body must be of type integer: "string"'],
    ],
    [
      'a forbidden property',
      { type: 'object', properties: { a: {} }, additionalProperties: false },
      { a: 1, b: 2 },
      ['spec.x: Invalid value: "b": spec.x.b in body is a forbidden property'],
    ],
    [
      'an embedded resource',
      { type: 'object', 'x-kubernetes-embedded-resource': true },
      { kind: '' },
      ['spec.x.apiVersion: Required value: must not be empty', 'spec.x.kind: Required value: must not be empty'],
    ],
    [
      'anyOf',
      { anyOf: [{ type: 'integer' }, { type: 'object', required: ['a', 'b'] }] },
      {},
      [
        '<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)',
        'spec.x: Invalid value: "object": spec.x in body must be of type integer: "object"',
      ],
    ],
    [
      'oneOf without a match',
      { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      {},
      [
        '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found none valid',
        'spec.x.a: Required value',
      ],
    ],
    [
      'oneOf with two matches',
      { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      { a: 1, b: 1 },
      ['<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    ],
    [
      'allOf',
      { type: 'integer', allOf: [{ minimum: 3 }, { maximum: 5 }] },
      6,
      [
        '<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf)',
        'spec.x: Invalid value: 6: spec.x in body should be less than or equal to 5',
      ],
    ],
    [
      'not',
      { type: 'string', not: { enum: ['a'] } },
      'a',
      ['<nil>: Invalid value: "": "spec.x" must not validate the schema (not)'],
    ],
  ])('%s', (_, schema, value, expected) => {
    expect(text(schema, value)).toEqual(expected);
  });

  it('is not misled by names of prototypes', () => {
    expect(
      text(
        { type: 'object', properties: { a: { type: 'string' } } },
        JSON.parse('{"constructor":1,"__proto__":2}') as Json,
      ),
    ).toEqual([]);
    expect(text({ type: 'object', required: ['constructor'] }, {})).toEqual(['spec.x.constructor: Required value']);
  });

  it('leaves rules to whom the caller names', () => {
    const schema: Schema = {
      type: 'object',
      properties: { a: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 1' }] } },
    };
    const rules = (node: Schema, value: Json, path: string) => [
      fieldError.invalid(path, value, `failed rule: ${node['x-kubernetes-validations']?.[0]?.rule ?? ''}`),
    ];
    expect(validateValue(schema, { a: 1 }, '', { rules })).toEqual([
      { field: 'a', reason: 'FieldValueInvalid', message: 'Invalid value: 1: failed rule: self > 1' },
    ]);
    expect(validateValue(schema, { a: 1 })).toEqual([]);
  });

  it('validates built-in kinds through references', () => {
    const schema = schemaOfKind(Deployment)!;
    const deployment = {
      spec: { selector: {}, template: { spec: { containers: [{ name: 'a', ports: [{ containerPort: 'x' }] }] } } },
    };
    expect(validateValue(schema, deployment, '', { resolve: builtinSchema }).map(({ field }) => field)).toEqual([
      'spec.template.spec.containers[0].ports[0].containerPort',
    ]);
    expect(() => validateValue(schema, deployment)).toThrow('no resolver was given');
  });
});

describe('formats', () => {
  it.each<[string, string[], string[]]>([
    ['byte', ['', 'YQ=='], ['a', 'Y*==']],
    ['cidr', ['10.0.0.0/8', 'fd00::/64'], ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/8/1']],
    ['creditcard', ['4242 4242 4242 4242'], ['4242424242424241']],
    ['date', ['2024-02-29'], ['2023-02-29', '2023-2-1']],
    ['date-time', ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.5+01:00'], ['2026-01-01', '2026-01-01T25:00:00Z']],
    ['duration', ['1h30m', '5s', '2 days'], ['soon', '5']],
    ['email', ['a@example.com'], ['a', 'a@b@c']],
    ['hexcolor', ['#fff', 'a0b1c2'], ['#ffff']],
    ['hostname', ['a.example.com'], ['-a', 'a..b']],
    ['ipv4', ['1.2.3.4'], ['1.2.3', '::1']],
    ['ipv6', ['::1'], ['1.2.3.4']],
    ['isbn', ['0-306-40615-2', '978-0-306-40615-7'], ['0-306-40615-3']],
    ['mac', ['01:23:45:67:89:ab', '0123.4567.89ab'], ['01:23-45:67:89:ab']],
    ['rgbcolor', ['rgb(1, 2, 255)'], ['rgb(1, 2, 256)']],
    ['ssn', ['123-45-6789'], ['123']],
    ['uri', ['https://example.com/a', '/path'], ['example', '']],
    ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123']],
    ['uuid4', ['123e4567-e89b-42d3-a456-426614174000'], ['123e4567-e89b-12d3-a456-426614174000']],
    ['k8s-short-name', ['a-b'], ['a.b']],
    ['k8s-long-name', ['a.b'], ['A']],
    ['bsonobjectid', ['0123456789abcdef01234567'], ['x']],
  ])('%s', (format, right, wrong) => {
    for (const value of right) expect(text({ type: 'string', format }, value), value).toEqual([]);
    for (const value of wrong) expect(text({ type: 'string', format }, value), value).toHaveLength(1);
  });
});
