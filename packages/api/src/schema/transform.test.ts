import { describe, expect, it } from 'vitest';
import { builtinSchema } from '../builtin/schemas.js';
import { applySchemaDefaults } from './defaults.js';
import { prune } from './prune.js';
import type { Schema } from './schema.js';

describe('prune', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          a: { type: 'string' },
          list: { type: 'array', items: { type: 'object', properties: { b: { type: 'string' } } } },
          map: { type: 'object', additionalProperties: { type: 'object', properties: { c: { type: 'string' } } } },
          free: {
            type: 'object',
            'x-kubernetes-preserve-unknown-fields': true,
            properties: { d: { type: 'object', properties: {} } },
          },
          any: { type: 'object', additionalProperties: true },
          embedded: {
            type: 'object',
            'x-kubernetes-embedded-resource': true,
            properties: { spec: { type: 'object' } },
          },
        },
      },
    },
  };

  it('removes what the schema does not name and tells where it was', () => {
    const value = {
      apiVersion: 'v1',
      kind: 'Foo',
      metadata: { anything: 1 },
      status: {},
      spec: {
        a: 'x',
        z: 1,
        list: [{ b: 'x' }, { b: 'y', z: 1 }],
        map: { k: { c: 'x', z: 1 } },
        free: { z: { z: 1 }, d: { z: 1 } },
        any: { z: { z: 1 } },
        embedded: { apiVersion: 'v1', kind: 'Bar', metadata: { name: 'x' }, spec: { z: 1 }, status: {} },
      },
    };
    expect(prune(schema, value)).toEqual([
      'status',
      'spec.z',
      'spec.list[1].z',
      'spec.map.k.z',
      'spec.free.d.z',
      'spec.embedded.spec.z',
      'spec.embedded.status',
    ]);
    expect(value).toEqual({
      apiVersion: 'v1',
      kind: 'Foo',
      metadata: { anything: 1 },
      spec: {
        a: 'x',
        list: [{ b: 'x' }, { b: 'y' }],
        map: { k: { c: 'x' } },
        free: { z: { z: 1 }, d: {} },
        any: { z: { z: 1 } },
        embedded: { apiVersion: 'v1', kind: 'Bar', metadata: { name: 'x' }, spec: {} },
      },
    });
  });

  it('tells a hundred removed fields at most', () => {
    const value = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`k${index}`, 1]));
    expect(prune({ type: 'object' }, value)).toHaveLength(100);
    expect(value).toEqual({});
  });

  it('has nothing to remove the second time, and removes names of prototypes', () => {
    const value = JSON.parse('{"spec":{"constructor":1,"__proto__":{"a":"b"}}}') as { spec: { a?: string } };
    expect(prune(schema, value)).toEqual(['spec.constructor', 'spec.__proto__']);
    expect(prune(schema, value)).toEqual([]);
  });
});

describe('applySchemaDefaults', () => {
  it('fills from the outside in and does not share the default', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          default: { list: [{}] },
          properties: { list: { type: 'array', items: { properties: { a: { default: 1 } } } } },
        },
      },
    };
    const [first, second] = [{ spec: undefined! } as Record<string, never>, {}];
    delete first.spec;
    applySchemaDefaults(schema, first);
    applySchemaDefaults(schema, second);
    expect(first).toEqual({ spec: { list: [{ a: 1 }] } });
    expect(schema.properties?.spec?.default).toEqual({ list: [{}] });
    expect(Object.values(first)[0]).not.toBe(Object.values(second)[0]);
  });

  it('treats a null as absent unless it is allowed', () => {
    const schema: Schema = {
      properties: {
        a: { type: 'string', default: 'x' },
        b: { type: 'string' },
        c: { type: 'string', nullable: true, default: 'x' },
        d: { additionalProperties: { type: 'string' } },
        e: { type: 'array', items: { type: 'string', default: 'x' } },
        f: { additionalProperties: { type: 'string', default: 'x' } },
      },
    };
    const value = { a: null, b: null, c: null, d: { k: null, l: 'y' }, e: [null, 'y'], f: { k: null } };
    applySchemaDefaults(schema, value);
    expect(value).toEqual({ a: 'x', c: null, d: { l: 'y' }, e: ['x', 'y'], f: { k: 'x' } });
  });

  it('leaves alone what is there', () => {
    const value = { a: '', b: 0, c: false };
    applySchemaDefaults({ properties: { a: { default: 'x' }, b: { default: 1 }, c: { default: true } } }, value);
    expect(value).toEqual({ a: '', b: 0, c: false });
  });

  it('follows references', () => {
    const value = { ports: [{ containerPort: 80 }] };
    applySchemaDefaults({ $ref: 'io.k8s.api.core.v1.Container' }, value, builtinSchema);
    expect(value.ports).toEqual([{ containerPort: 80, protocol: 'TCP' }]);
  });
});
