import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The numbers of the invariants in ARCHITECTURE.md, each with the files of its tests. */
const table = [...textOf('ARCHITECTURE.md').matchAll(/^\| +(\d+) +\|(.*)$/gm)].map(([, number = '', cells = '']) => ({
  number: Number(number),
  files: [...cells.matchAll(/`([\w/.-]+\.ts)`/g)].map(([, path]) => path ?? ''),
}));

it('the invariants are numbered from 1, and each names a test', () => {
  expect(table.length).toBeGreaterThan(0);
  expect(table.map(({ number }) => number)).toEqual(table.map((_row, index) => index + 1));
  expect(table.filter(({ files }) => files.length === 0)).toEqual([]);
});

it.each(table)('the tests of invariant $number are there and bear its number', ({ number, files }) => {
  const named = new RegExp(`\\b(?:describe|it)(?:\\.\\w+)*\\(\\s*['"\`]invariant ${number}: `);
  expect(files.filter((file) => !named.test(textOf(file)))).toEqual([]);
});

it('invariant 15: no source reads NODE_ENV', () => {
  const sources = globSync('packages/*/src/**/*.ts', { cwd: root });
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter((path) => textOf(path).includes('NODE_ENV'))).toEqual([]);
});
