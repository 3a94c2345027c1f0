import type { Json, Schema, SchemaResolver } from '@kubewright/api';
import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { checkConfig, describeProblems } from './check-config.js';
import { compare } from './compare.js';
import { TypeCompiler } from './compile-type.js';
import type { FieldSet } from './field-set.js';
import { FieldSet as Fields } from './field-set.js';
import { deducedType } from './field-type.js';
import { merge } from './merge.js';
import { formatPath } from './path-element.js';
import { removeItems } from './remove-items.js';
import { toFieldSet } from './to-field-set.js';

const port: Schema = {
  type: 'object',
  properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' }, name: { type: 'string' } },
};
const schema: Schema = {
  type: 'object',
  'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Sample' }],
  required: ['mustHave', 'zero'],
  properties: {
    text: { type: 'string' },
    count: { type: 'integer' },
    on: { type: 'boolean' },
    intOrText: { 'x-kubernetes-int-or-string': true },
    atomicList: { type: 'array', items: { type: 'string' } },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: port,
    },
    byPatchKey: {
      type: 'array',
      'x-kubernetes-patch-strategy': 'merge,retainKeys',
      'x-kubernetes-patch-merge-key': 'name',
      items: { $ref: 'Named' },
    },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    atomicMap: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
    struct: { $ref: 'Struct', default: {} },
    optional: { $ref: 'Struct' },
    atomicRef: { $ref: 'Struct', 'x-kubernetes-map-type': 'atomic' },
    wrapped: { allOf: [{ $ref: 'Struct' }] },
    free: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { known: { type: 'object', properties: { a: { type: 'string' } } } },
    },
    tree: { $ref: 'Tree' },
    mustHave: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    zero: { type: 'integer', default: 0 },
  },
};
const definitions: Readonly<Record<string, Schema>> = {
  Named: { type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } } },
  Struct: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
  Tree: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      children: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { $ref: 'Tree' },
      },
    },
  },
};
const resolve: SchemaResolver = (name) => definitions[name] ?? {};
const type = new TypeCompiler(resolve).type(schema, false);

const texts = (set: FieldSet): string[] => [...set.paths()].map(formatPath).sort();
const tcp = (number: number, more: object = {}): { [key: string]: Json } => ({
  port: number,
  protocol: 'TCP',
  ...more,
});

describe('toFieldSet', () => {
  it.each<readonly [name: string, value: Json, paths: string[]]>([
    ['scalars', { text: 'x', count: 1, on: false }, ['.count', '.on', '.text']],
    ['an atomic list as a whole', { atomicList: ['a', 'b'] }, ['.atomicList']],
    ['a set by value', { set: ['a', 'b'] }, ['.set[="a"]', '.set[="b"]']],
    [
      'items by key, and their fields',
      { ports: [tcp(80)] },
      [
        '.ports[port=80,protocol="TCP"]',
        '.ports[port=80,protocol="TCP"].port',
        '.ports[port=80,protocol="TCP"].protocol',
      ],
    ],
    [
      'a defaulted key',
      { ports: [{ port: 80 }] },
      ['.ports[port=80,protocol="TCP"]', '.ports[port=80,protocol="TCP"].port'],
    ],
    [
      'items by patch merge key',
      { byPatchKey: [{ name: 'x' }] },
      ['.byPatchKey[name="x"]', '.byPatchKey[name="x"].name'],
    ],
    [
      'duplicates once, without fields',
      { ports: [tcp(80), tcp(80, { name: 'x' })] },
      ['.ports[port=80,protocol="TCP"]'],
    ],
    ['keys of a map', { labels: { a: '1', b: '2' } }, ['.labels.a', '.labels.b']],
    ['an atomic map as a whole', { atomicMap: { a: '1' } }, ['.atomicMap']],
    ['an empty map', { labels: {} }, ['.labels']],
    ['no empty associative list', { ports: [], set: [] }, []],
    ['null', { labels: null, ports: null, text: null }, ['.labels', '.ports', '.text']],
    ['fields of a struct', { struct: { a: 'x' } }, ['.struct.a']],
    ['a reference made atomic', { atomicRef: { a: 'x' } }, ['.atomicRef']],
    ['a reference inside allOf', { wrapped: { a: 'x' } }, ['.wrapped.a']],
    ['int or string', { intOrText: '80%' }, ['.intOrText']],
    ['unknown fields by deduction', { free: { x: { y: [1], z: 1 } } }, ['.free.x', '.free.x.y', '.free.x.z']],
    ['unknown fields below known ones', { free: { known: { a: '1', b: '2' } } }, ['.free.known.a', '.free.known.b']],
    [
      'recursive types',
      { tree: { children: [{ name: 'c', children: [{ name: 'd' }] }] } },
      [
        '.tree.children[name="c"]',
        '.tree.children[name="c"].children[name="d"]',
        '.tree.children[name="c"].children[name="d"].name',
        '.tree.children[name="c"].name',
      ],
    ],
    ['items without keys as a whole list', { ports: [{ name: 'x', protocol: null }, 'y'] }, ['.ports']],
  ])('holds %s', (_name, value, paths) => {
    expect(texts(toFieldSet(type, value))).toEqual(paths);
  });
});

describe('compare', () => {
  it.each<readonly [name: string, left: Json, right: Json, added: string[], modified: string[], removed: string[]]>([
    ['nothing', { text: 'x', ports: [tcp(80)] }, { ports: [tcp(80)], text: 'x' }, [], [], []],
    ['a changed scalar', { text: 'x' }, { text: 'y' }, [], ['.text'], []],
    ['an added struct with its fields', {}, { optional: { a: 'x' } }, ['.optional', '.optional.a'], [], []],
    ['fields of a struct that is always there', {}, { struct: { a: 'x' } }, ['.struct.a'], [], []],
    ['items of a required list, which is always there', {}, { mustHave: ['a'] }, ['.mustHave[="a"]'], [], []],
    ['no zero added to a required number', {}, { zero: 0 }, [], [], []],
    ['a required number set', {}, { zero: 1 }, [], ['.zero'], []],
    ['a removed struct', { optional: { a: 'x' } }, {}, [], [], ['.optional', '.optional.a']],
    ['an always present struct removed', { struct: { a: 'x' } }, {}, [], [], ['.struct.a']],
    ['an atomic list', { atomicList: ['a'] }, { atomicList: ['a', 'b'] }, [], ['.atomicList'], []],
    ['sets', { set: ['a', 'b'] }, { set: ['b', 'c'] }, ['.set[="c"]'], [], ['.set[="a"]']],
    ['an order', { set: ['a', 'b'] }, { set: ['b', 'a'] }, [], [], []],
    [
      'items',
      { ports: [tcp(80, { name: 'x' })] },
      { ports: [tcp(80, { name: 'y' })] },
      [],
      ['.ports[port=80,protocol="TCP"].name'],
      [],
    ],
    [
      'a defaulted key stated',
      { ports: [{ port: 80 }] },
      { ports: [tcp(80)] },
      ['.ports[port=80,protocol="TCP"].protocol'],
      [],
      [],
    ],
    [
      'maps',
      { labels: { a: '1', b: '2' } },
      { labels: { b: '3', c: '4' } },
      ['.labels.c'],
      ['.labels.b'],
      ['.labels.a'],
    ],
    ['a map emptied', { labels: { a: '1' } }, { labels: {} }, [], [], ['.labels.a']],
    ['an empty map added', {}, { labels: {} }, ['.labels'], [], []],
    ['null for an empty map', { labels: {} }, { labels: null }, [], ['.labels'], []],
    ['null for a full map', { labels: { a: '1' } }, { labels: null }, [], [], ['.labels.a']],
    ['another type', { free: { x: 1 } }, { free: { x: { y: 1 } } }, ['.free.x.y'], ['.free.x'], []],
    ['new duplicates', { set: ['a'] }, { set: ['a', 'a'] }, ['.set[="a"]'], [], ['.set[="a"]']],
    [
      'changed duplicates',
      { ports: [tcp(80), tcp(80)] },
      { ports: [tcp(80), tcp(80, { name: 'x' })] },
      [],
      ['.ports[port=80,protocol="TCP"]'],
      [],
    ],
    [
      'duplicates no more',
      { ports: [tcp(80), tcp(80)] },
      { ports: [tcp(80)] },
      [
        '.ports[port=80,protocol="TCP"]',
        '.ports[port=80,protocol="TCP"].port',
        '.ports[port=80,protocol="TCP"].protocol',
      ],
      [],
      ['.ports[port=80,protocol="TCP"]'],
    ],
    ['what the schema forbids', { count: 1 }, { count: { a: 1 } }, [], ['.count'], []],
  ])('finds %s', (_name, left, right, added, modified, removed) => {
    const change = compare(type, left, right);
    expect([texts(change.added), texts(change.modified), texts(change.removed)]).toEqual([added, modified, removed]);
  });
});

describe('merge', () => {
  it.each<readonly [name: string, live: Json, config: Json, result: Json]>([
    ['keeps what the configuration leaves out', { text: 'x', count: 1 }, { count: 2 }, { text: 'x', count: 2 }],
    ['replaces an atomic list', { atomicList: ['a'] }, { atomicList: ['b'] }, { atomicList: ['b'] }],
    ['replaces an atomic map', { atomicMap: { a: '1' } }, { atomicMap: { b: '2' } }, { atomicMap: { b: '2' } }],
    ['merges a map', { labels: { a: '1' } }, { labels: { b: '2' } }, { labels: { a: '1', b: '2' } }],
    [
      'merges items',
      { ports: [tcp(80, { name: 'x' })] },
      { ports: [{ port: 80, name: 'y' }] },
      { ports: [tcp(80, { name: 'y' })] },
    ],
    [
      'keeps the live order where only live items are new',
      { set: ['a', 'b', 'c'] },
      { set: ['a', 'c'] },
      { set: ['a', 'b', 'c'] },
    ],
    ['takes the applied order', { set: ['a', 'b', 'c'] }, { set: ['c', 'a'] }, { set: ['b', 'c', 'a'] }],
    [
      'puts new items where the configuration has them',
      { set: ['a', 'c'] },
      { set: ['a', 'b', 'c'] },
      { set: ['a', 'b', 'c'] },
    ],
    ['appends', { set: ['a'] }, { set: ['b'] }, { set: ['a', 'b'] }],
    [
      'interleaves',
      { set: ['x', 'a', 'y', 'b', 'z'] },
      { set: ['a', 'n', 'b'] },
      { set: ['x', 'a', 'y', 'n', 'b', 'z'] },
    ],
    ['keeps live items under an empty list', { set: ['a'] }, { set: [] }, { set: ['a'] }],
    ['keeps an empty list', { set: [] }, { set: [] }, { set: [] }],
    [
      'keeps live items under null',
      { set: ['a'], labels: { a: '1' } },
      { set: null, labels: null },
      { set: ['a'], labels: { a: '1' } },
    ],
    ['sets a scalar to null', { text: 'x' }, { text: null }, { text: null }],
    [
      'lets the applied item replace live duplicates',
      { ports: [tcp(80), tcp(80, { name: 'x' })] },
      { ports: [tcp(80, { name: 'y' })] },
      { ports: [tcp(80, { name: 'y' })] },
    ],
    [
      'takes the configuration where types differ',
      { free: { x: [1] } },
      { free: { x: { y: 1 } } },
      { free: { x: { y: 1 } } },
    ],
  ])('%s', (_name, live, config, result) => {
    const before = structuredClone({ live, config });
    expect(merge(type, live, config)).toEqual(result);
    expect({ live, config }).toEqual(before);
  });

  it('makes a map of an own __proto__', () => {
    const hostile = JSON.parse('{"__proto__":{"polluted":"1"}}') as Json;
    expect(JSON.stringify(merge(type, { labels: { a: '1' } }, { labels: hostile }))).toBe(
      '{"labels":{"a":"1","__proto__":{"polluted":"1"}}}',
    );
    expect('polluted' in {}).toBe(false);
  });

  it('is idempotent, and what it merged is in the result', () => {
    const random = new SeededRandom(9);
    const letters = (): string[] =>
      'abcdefg'
        .split('')
        .map((letter) => [letter, random.next()] as const)
        .filter(([, rank]) => rank < 0.5)
        .sort((a, b) => a[1] - b[1])
        .map(([letter]) => letter);
    const value = (): Json => ({
      set: letters(),
      ports: letters().map((_letter, i) => tcp(i, { name: `n${Math.floor(random.next() * 2)}` })),
      labels: Object.fromEntries(['always', ...letters()].map((l) => [l, l])),
      free: { x: { y: letters() } },
    });
    for (let round = 0; round < 300; round++) {
      const [live, config] = [value(), value()];
      const merged = merge(type, live, config);
      expect(merge(type, merged, config)).toEqual(merged);
      expect(compare(type, live, merged).removed.isEmpty).toBe(true);
      expect(toFieldSet(type, config).difference(toFieldSet(type, merged)).isEmpty).toBe(true);
    }
  });
});

describe('removeItems', () => {
  it.each<readonly [name: string, value: Json, doomed: string[][], result: Json]>([
    ['a field', { text: 'x', count: 1 }, [['f:text']], { count: 1 }],
    ['an item', { set: ['a', 'b'] }, [['f:set', 'v:"a"']], { set: ['b'] }],
    [
      'a field of an item',
      { ports: [tcp(80, { name: 'x' })] },
      [['f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:name']],
      { ports: [tcp(80)] },
    ],
    ['the field that lost its last item', { text: 'x', set: ['a'] }, [['f:set', 'v:"a"']], { text: 'x' }],
    [
      'an atomic list when something in it goes',
      { text: 'x', atomicList: ['a', 'b'] },
      [['f:atomicList', 'i:0']],
      { text: 'x' },
    ],
    ['nothing that is not there', { text: 'x' }, [['f:labels', 'f:a']], { text: 'x' }],
  ])('takes %s', (_name, value, doomed, result) => {
    expect(removeItems(type, value, Fields.of(...doomed), 'omit')).toEqual(result);
  });
});

describe('checkConfig', () => {
  it.each<readonly [name: string, value: Json, problems: string[]]>([
    ['what fits', { text: 'x', intOrText: 1, free: { any: [{}] }, labels: null, ports: [{ port: 1 }] }, []],
    ['an unknown field', { nope: 1 }, ['.nope: field not declared in schema']],
    [
      'an unknown field of an item',
      { byPatchKey: [{ name: 'x', nope: 1 }] },
      ['.byPatchKey[name="x"].nope: field not declared in schema'],
    ],
    ['a number for a text', { text: 1 }, ['.text: expected string, got number 1']],
    ['a text for a number', { count: '1' }, ['.count: expected numeric (int or float), got string "1"']],
    ['a list for a map', { labels: [] }, ['.labels: expected map, got []']],
    ['a map for a list', { set: {} }, ['.set: expected list, got {}']],
    ['duplicates', { set: ['a', 'a'] }, ['.set: duplicate entries for key [="a"]']],
    [
      'an item without keys',
      { byPatchKey: [{ value: 'x' }] },
      [
        `.byPatchKey: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn't have default values for any key fields)`,
      ],
    ],
    [
      'a map in a set',
      { set: [{}] },
      [".set: element 0: associative list without keys has an element that's a map type"],
    ],
  ])('reports %s', (_name, value, problems) => {
    expect(checkConfig(type, value)).toEqual(problems);
  });

  it('lists several problems', () => {
    expect(describeProblems(['.a: x', '.b: y'])).toBe('errors:\n  .a: x\n  .b: y');
  });
});

describe('the deduced type', () => {
  it('divides maps and keeps lists whole', () => {
    expect(texts(toFieldSet(deducedType, { a: { b: 1, c: [{ d: 1 }] } }))).toEqual(['.a', '.a.b', '.a.c']);
  });
});
