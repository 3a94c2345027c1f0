import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { findDuplicateKeys } from './duplicate-keys.js';
import type { Json } from './json.js';

const find = (text: string) => findDuplicateKeys(text, JSON.parse(text) as Json);

describe('findDuplicateKeys', () => {
  it.each([
    ['{"a":1,"b":2}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"spec":{"replicas":1,"x":{},"replicas":2}}', ['spec.replicas']],
    ['{"a":[{"b":1},{"b":1,"c":[],"b":2}],"d":1,"d":2,"d":3}', ['a[1].b', 'd']],
    ['{"a":{"a":1},"b":{"a":1}}', []],
    ['[[{"a":1,"a":2}]]', ['[0][0].a']],
    ['{ "a" : "a\\":\\\\" , "b": ":", "a" :\n1}', ['a']],
    [String.raw`{"a":1,"\u0061":2}`, ['a']],
    [String.raw`{"a\\":1,"b\"":2,"b\"":3}`, ['b"']],
    ['{"__proto__":1,"constructor":2}', []],
    ['{"a":[1,2,{"x":1}],"b":[]}', []],
    ['"a"', []],
    ['{}', []],
  ])('%s', (text, expected) => {
    expect(find(text)).toEqual(expected);
    expect(findDuplicateKeys(text)).toEqual(expected);
  });

  it('is not stopped by deep nesting', () => {
    const depth = 100_000;
    expect(find(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)).toEqual([]);
    expect(find(`${'['.repeat(depth)}{"a":1,"a":2}${']'.repeat(depth)}`)).toHaveLength(1);
  });

  it('reports a hundred at most', () => {
    const fields = Array.from({ length: 300 }, (_, index) => `"k${index % 150}":1`);
    expect(find(`{${fields.join(',')}}`)).toHaveLength(100);
  });

  it('finds exactly what was repeated in random documents', () => {
    const random = new SeededRandom(11);
    for (let run = 0; run < 500; run++) {
      const repeated = new Set<string>();
      const write = (path: string, depth: number): string => {
        const roll = random.next();
        if (depth === 0 || roll < 0.3) return roll < 0.15 ? '"x: \\"{,}"' : '12';
        if (roll < 0.5) return `[${[0, 1].map((index) => write(`${path}[${index}]`, depth - 1)).join(', ')}]`;
        const seen = new Set<string>();
        const fields = Array.from({ length: 3 }, () => {
          const key = 'abcdef'.charAt(Math.floor(random.next() * 6));
          const child = path === '' ? key : `${path}.${key}`;
          if (seen.has(key)) repeated.add(child);
          seen.add(key);
          return `"${key}" : ${write(child, depth - 1)}`;
        });
        return `{${fields.join(',')}}`;
      };
      const text = write('', 4);
      expect(new Set(find(text))).toEqual(repeated);
    }
  });
});
