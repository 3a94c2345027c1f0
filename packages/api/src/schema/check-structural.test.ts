import { describe, expect, it } from 'vitest';
import { checkStructural } from './check-structural.js';
import type { Schema } from './schema.js';

const spec = (schema: Schema): Schema => ({ type: 'object', properties: { spec: schema } });
const text = (schema: Schema) => checkStructural(schema, 's').map(({ field, message }) => `${field}: ${message}`);

describe('checkStructural', () => {
  it('accepts structural schemas', () => {
    expect(text({ type: 'object' })).toEqual([]);
    expect(text({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true })).toEqual([]);
    expect(
      text({
        type: 'object',
        properties: { metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 5 } } } },
      }),
    ).toEqual([]);
    expect(
      text(spec({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] })),
    ).toEqual([]);
    expect(
      text(
        spec({
          'x-kubernetes-int-or-string': true,
          allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { pattern: 'a' }],
        }),
      ),
    ).toEqual([]);
    expect(
      text(
        spec({
          type: 'object',
          properties: {
            a: { type: 'string', default: 'x', enum: ['x'] },
            b: { type: 'array', items: { type: 'string' } },
          },
          oneOf: [{ required: ['a'] }, { properties: { b: { items: { pattern: 'x' } } } }],
        }),
      ),
    ).toEqual([]);
  });

  it.each<[Schema, string[]]>([
    [{}, ['s.type: Required value: must not be empty at the root']],
    [{ type: 'string' }, ['s.type: Invalid value: "string": must be object at the root']],
    [spec({}), ['s.properties[spec].type: Required value: must not be empty for specified object fields']],
    [spec({ type: 'array' }), ['s.properties[spec].items: Required value: must be specified']],
    [
      spec({ type: 'array', items: {} }),
      ['s.properties[spec].items.type: Required value: must not be empty for specified array items'],
    ],
    [
      { type: 'object', additionalProperties: { type: 'string' } },
      ['s.additionalProperties: Forbidden: must not be used at the root'],
    ],
    [
      spec({ type: 'object', properties: {}, additionalProperties: { type: 'string' } }),
      ['s.properties[spec].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive'],
    ],
    [
      { type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } },
      [
        's.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
      ],
    ],
    [
      { type: 'object', properties: { kind: { type: 'integer' } } },
      ['s.properties[kind].type: Invalid value: "integer": must be string'],
    ],
    [
      spec({ type: 'string', anyOf: [{ type: 'string' }, { description: 'x', nullable: true }] }),
      [
        's.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural',
        's.properties[spec].anyOf[1].description: Forbidden: must be empty to be structural',
        's.properties[spec].anyOf[1].nullable: Forbidden: must be false to be structural',
      ],
    ],
    [
      spec({ type: 'object', not: { properties: { a: { pattern: 'x' } } } }),
      [
        's.properties[spec].properties[a]: Required value: because it is defined in s.properties[spec].not.properties[a]',
      ],
    ],
    [
      { type: 'object', anyOf: [{ properties: { metadata: {} } }], properties: { metadata: { type: 'object' } } },
      ['s.anyOf[0].properties[metadata]: Forbidden: must not be specified in a nested context'],
    ],
    [
      spec({ type: 'object', 'x-kubernetes-embedded-resource': true }),
      [
        's.properties[spec].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ],
    ],
    [
      spec({ 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true }),
      [
        's.properties[spec].x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true',
      ],
    ],
    [
      spec({ type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' }),
      [
        's.properties[spec].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
      ],
    ],
    [
      spec({
        type: 'array',
        items: { type: 'object', properties: { a: { type: 'string' } } },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['a', 'b'],
      }),
      [
        's.properties[spec].items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        's.properties[spec].x-kubernetes-list-map-keys[1]: Invalid value: "b": entries must all be names of item properties',
      ],
    ],
    [
      spec({ type: 'integer', default: 'x' }),
      ['s.properties[spec].default: Invalid value: "string":  in body must be of type integer: "string"'],
    ],
    [
      spec({ type: 'array', items: { type: 'string' }, uniqueItems: true }),
      [
        's.properties[spec].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ],
    ],
    [
      { type: 'object', properties: { a: { $ref: '#/x', type: 'string' } } },
      ['s.properties[a].$ref: Forbidden: $ref is not supported'],
    ],
  ])('%j', (schema, expected) => {
    expect(text(schema)).toEqual(expected);
  });

  it('refuses a pattern that is none', () => {
    expect(text(spec({ type: 'string', pattern: '(' }))[0]).toMatch(
      /^s\.properties\[spec\]\.pattern: Invalid value: "\(": must be a valid regular expression, but isn't: /,
    );
  });
});
