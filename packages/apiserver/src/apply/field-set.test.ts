import type { Json, JsonObject } from '@kubewright/api';
import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { FieldSet } from './field-set.js';
import { decodeFieldsV1, encodeFieldsV1 } from './fields-v1.js';
import { formatPath } from './path-element.js';

const elements = ['f:a', 'f:b', 'f:c', 'k:{"name":"x"}', 'v:1', 'v:"z"', 'i:0'];

function randomSet(random: SeededRandom): FieldSet {
  const pick = (): string => elements[Math.floor(random.next() * elements.length)] ?? 'f:a';
  const paths = Array.from({ length: Math.floor(random.next() * 12) }, () =>
    Array.from({ length: 1 + Math.floor(random.next() * 3) }, pick),
  );
  return FieldSet.of(...paths);
}

const texts = (set: FieldSet): string[] => [...set.paths()].map(formatPath);

/** The same set by the definition: a list of paths. */
const byPaths = (set: FieldSet): Set<string> => new Set([...set.paths()].map((path) => path.join('/')));

describe('FieldSet', () => {
  const a = FieldSet.of(['f:a'], ['f:b', 'f:c'], ['f:b', 'f:d']);
  const b = FieldSet.of(['f:a', 'f:x'], ['f:b'], ['f:b', 'f:c']);

  it.each<readonly [string, FieldSet, string[]]>([
    ['union', a.union(b), ['.a', '.b', '.a.x', '.b.c', '.b.d']],
    ['intersection', a.intersection(b), ['.b.c']],
    ['difference: a path does not take its children', a.difference(b), ['.a', '.b.d']],
    ['difference the other way', b.difference(a), ['.b', '.a.x']],
    ['recursive difference: a path takes its children', a.recursiveDifference(b), ['.a']],
    ['leaves', a.union(b).leaves(), ['.a.x', '.b.c', '.b.d']],
  ])('%s', (_name, set, expected) => {
    expect(texts(set)).toEqual(expected);
    expect(set.size).toBe(expected.length);
  });

  it('knows members from parents of members', () => {
    expect(a.has(['f:b', 'f:c'])).toBe(true);
    expect(a.has(['f:b'])).toBe(false);
    expect(a.has(['f:b', 'f:z'])).toBe(false);
    expect(a.has([])).toBe(false);
  });

  it('never holds the whole object', () => {
    expect(FieldSet.of([]).isEmpty).toBe(true);
  });

  it('obeys the laws of sets', () => {
    const random = new SeededRandom(3);
    for (let round = 0; round < 400; round++) {
      const [x, y, z] = [randomSet(random), randomSet(random), randomSet(random)];
      expect(x.union(y).equals(y.union(x))).toBe(true);
      expect(
        x
          .union(y)
          .union(z)
          .equals(x.union(y.union(z))),
      ).toBe(true);
      expect(x.union(x).equals(x)).toBe(true);
      expect(x.intersection(y).equals(y.intersection(x))).toBe(true);
      expect(x.difference(y).union(x.intersection(y)).equals(x)).toBe(true);
      expect(x.difference(x).isEmpty).toBe(true);
      expect(x.difference(y).intersection(y).isEmpty).toBe(true);
      expect(x.recursiveDifference(y).difference(x).isEmpty).toBe(true);
      expect(x.recursiveDifference(y).difference(x.difference(y)).isEmpty).toBe(true);
      expect(x.intersection(y.union(z)).equals(x.intersection(y).union(x.intersection(z)))).toBe(true);
      expect(x.leaves().difference(x).isEmpty).toBe(true);
    }
  });

  it('does what lists of paths do', () => {
    const random = new SeededRandom(4);
    for (let round = 0; round < 200; round++) {
      const [x, y] = [randomSet(random), randomSet(random)];
      const [xs, ys] = [byPaths(x), byPaths(y)];
      expect(byPaths(x.union(y))).toEqual(new Set([...xs, ...ys]));
      expect(byPaths(x.intersection(y))).toEqual(new Set([...xs].filter((path) => ys.has(path))));
      expect(byPaths(x.difference(y))).toEqual(new Set([...xs].filter((path) => !ys.has(path))));
      const below = (path: string): boolean =>
        [...ys].some((removed) => path === removed || path.startsWith(`${removed}/`));
      expect(byPaths(x.recursiveDifference(y))).toEqual(new Set([...xs].filter((path) => !below(path))));
    }
  });

  it('leaves its operands as they were', () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 100; round++) {
      const [x, y] = [randomSet(random), randomSet(random)];
      const before = [encodeFieldsV1(x), encodeFieldsV1(y)];
      for (const operation of ['union', 'intersection', 'difference', 'recursiveDifference'] as const) x[operation](y);
      x.leaves();
      expect([encodeFieldsV1(x), encodeFieldsV1(y)]).toEqual(before);
    }
  });
});

describe('FieldsV1', () => {
  it.each<readonly [name: string, fields: JsonObject, paths: string[]]>([
    ['nothing', {}, []],
    ['leaves', { 'f:a': {}, 'f:b': { 'f:c': {} } }, ['.a', '.b.c']],
    ['a member with children', { 'f:a': { '.': {}, 'f:b': {} } }, ['.a', '.a.b']],
    [
      'keys, values and indices',
      { 'f:l': { 'k:{"name":"x"}': { '.': {}, 'f:i': {} }, 'v:1': {}, 'i:0': {} } },
      ['.l[name="x"]', '.l[=1]', '.l[0]', '.l[name="x"].i'],
    ],
    ['a member that only unknown elements follow', { 'f:a': { 'z:?': {} } }, ['.a']],
  ])('reads %s', (_name, fields, paths) => {
    expect(texts(decodeFieldsV1(fields))).toEqual(paths);
  });

  it.each<readonly [Json]>([[[]], ['text'], [{ 'f:a': 'text' }], [{ a: {} }], [{ 'k:x': {} }]])(
    'refuses %j',
    (fields) => {
      expect(() => decodeFieldsV1(fields)).toThrow();
    },
  );

  it('writes in a stable order, the dot first', () => {
    const set = decodeFieldsV1({
      'v:2': {},
      'k:{"name":"b"}': {},
      'f:b': { 'f:x': {}, '.': {} },
      'k:{"name":"a"}': {},
      'f:a': {},
      'v:10': {},
    });
    expect(JSON.stringify(encodeFieldsV1(set))).toBe(
      '{"f:a":{},"f:b":{".":{},"f:x":{}},"k:{\\"name\\":\\"a\\"}":{},"k:{\\"name\\":\\"b\\"}":{},"v:2":{},"v:10":{}}',
    );
  });

  it('survives a round trip', () => {
    const random = new SeededRandom(6);
    for (let round = 0; round < 300; round++) {
      const set = randomSet(random);
      const encoded = encodeFieldsV1(set);
      expect(decodeFieldsV1(encoded).equals(set)).toBe(true);
      expect(JSON.stringify(encodeFieldsV1(decodeFieldsV1(encoded)))).toBe(JSON.stringify(encoded));
    }
  });
});
