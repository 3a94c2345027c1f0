import { describe, expect, it } from 'vitest';
import { doubleNames } from './double-names.mjs';
import { folderCircles } from './folder-circles.mjs';
import { missingDoors } from './folder-doors.mjs';
import { casts, errorTexts, finalizerEdits, keyTexts } from './patterns.mjs';
import { sourceOf } from './sources.mjs';

const sources = (files: Record<string, string>): unknown[] =>
  Object.entries(files).map(([path, text]) => sourceOf(path, text) as unknown);
const one = (text: string): unknown[] => sources({ 'packages/x/src/a/a.ts': text });

describe('circles of folders', () => {
  it('are found through files that are in no circle, and through types', () => {
    const found = folderCircles(
      sources({
        'packages/x/src/a/one.ts': `import type { Two } from '../b/two.js';`,
        'packages/x/src/a/other.ts': `export const other = 1;`,
        'packages/x/src/b/two.ts': `export interface Two {}`,
        'packages/x/src/b/three.ts': `export { other } from '../a/other.js';`,
        'packages/x/src/c/free.ts': `import { other } from '../a/other.js';`,
      }),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^packages\/x\/src\/a, packages\/x\/src\/b\n/);
  });

  it('do not run through files at the top, each of which is a room of its own', () => {
    const found = folderCircles(
      sources({
        'packages/x/src/index.ts': `export { a } from './a/a.js';`,
        'packages/x/src/a/a.ts': `import { failed } from '../errors.js';`,
        'packages/x/src/errors.ts': `export const failed = 1;`,
      }),
    );
    expect(found).toEqual([]);
  });
});

describe('the door of a folder', () => {
  it('is its index, or the file of its name, or the first one', () => {
    const found = missingDoors(
      sources({
        'packages/x/src/index.ts': `export {} from './a/index.js';`,
        'packages/x/src/a/a.ts': `/** A. */\n\nexport const a = 1;`,
        'packages/x/src/a/index.ts': `export { a } from './a.js';`,
        'packages/x/src/bees/aunt.ts': `/** Bees. */\n\nexport const aunt = 1;`,
        'packages/x/src/bees/bee.ts': `export const bee = 1;`,
        'packages/x/src/c/one.ts': `export const one = 1;`,
        'packages/x/src/c/two.ts': `/** C. */\n\nexport const two = 1;`,
      }),
    );
    expect(found).toEqual(['packages/x/src/a/index.ts', 'packages/x/src/bees/bee.ts', 'packages/x/src/c/one.ts']);
  });

  it('begins with a comment of its own, not with that of what is declared first', () => {
    const found = missingDoors(
      sources({
        'packages/x/src/a/a.ts': `/** One. */\nexport const one = 1;`,
        'packages/x/src/b/b.ts': `/** B. */\nimport { one } from '../a/a.js';\nexport const two = one;`,
        'packages/x/src/c/c.ts': `/** C. */\n\n/** One. */\nexport const one = 1;`,
        'packages/x/src/d/index.ts': `/** D. */\nexport { one } from '../a/a.js';`,
      }),
    );
    expect(found).toEqual(['packages/x/src/a/a.ts']);
  });
});

describe('names with two meanings', () => {
  const doors = new Map([
    ['@kubewright/x', 'packages/x/src/index.ts'],
    ['@kubewright/y', 'packages/y/src/index.ts'],
  ]);

  it('are those that two doors export from two declarations', () => {
    const found = doubleNames(
      sources({
        'packages/x/src/index.ts': `export { Key } from './key.js';`,
        'packages/x/src/key.ts': `export interface Key {}`,
        'packages/y/src/index.ts': `export type Key = string;`,
      }),
      doors,
    );
    expect(found).toEqual(['Key: packages/x/src/key.ts, packages/y/src/index.ts']);
  });

  it('are not those that a door hands on, under whatever way', () => {
    const found = doubleNames(
      sources({
        'packages/x/src/index.ts': `export { Key, keyOf } from './key.js';`,
        'packages/x/src/key.ts': `export class Key {}\nexport const keyOf = 1;`,
        'packages/y/src/index.ts': `export { Key } from '@kubewright/x';\nimport { keyOf } from '@kubewright/x';\nexport { keyOf };`,
      }),
      doors,
    );
    expect(found).toEqual([]);
  });
});

it('a cast changes a type; a constant does not', () => {
  expect(casts(one(`const a = b as C;\nconst d = [1] as const;\nimport { e as f } from 'g';`))).toEqual([
    'packages/x/src/a/a.ts:1',
  ]);
});

it('an error is made a text by its message or by its stack', () => {
  const text = `const a = (e: unknown) => (e instanceof Error ? e.message : String(e));
const b = (e: unknown) => (e instanceof Error ? e.stack : String(e));
const c = (e: unknown) => (e instanceof Error ? e : new Error(String(e)));`;
  expect(errorTexts(one(text))).toEqual(['packages/x/src/a/a.ts:1', 'packages/x/src/a/a.ts:2']);
});

it("a key's text is namespace and name with nothing around them", () => {
  const text = 'const a = `${o.metadata.namespace}/${o.metadata.name}`;\nconst b = `Pod ${namespace}/${name} is gone`;';
  expect(keyTexts(one(text))).toEqual(['packages/x/src/a/a.ts:1']);
});

it('an edit of finalizers writes them into an object', () => {
  const text = `const a = { metadata: { finalizers: [...b, 'c'] } };\ninterface D { finalizers: string[] }\nconst { finalizers: e } = f;`;
  expect(finalizerEdits(one(text))).toEqual(['packages/x/src/a/a.ts:1']);
});
