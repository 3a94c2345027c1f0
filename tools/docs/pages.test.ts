import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');
const architecture = globSync('docs/architecture/*.md', { cwd: root });
const recipes = globSync('docs/recipes/*.md', { cwd: root });
const decisions = globSync('docs/decisions/*.md', { cwd: root }).sort();

/** Written by scripts, and not committed. */
const written = /^(docs\/site|bench\/results)\b/;

/** Paths between backticks; NAME stands for whatever the reader adds, of which there is another one already. */
function pathsIn(text: string): string[] {
  const ticked = [...text.matchAll(/`([\w.@-]+(?:\/[\w.@-]+)+\/?)`/g)].map(([, path]) => path ?? '');
  return ticked.filter(
    (path) => /^(packages|examples|tests|tools|docs|bench|conformance)\//.test(path) && !written.test(path),
  );
}

const isThere = (path: string): boolean => globSync(path.replaceAll('NAME', '*'), { cwd: root }).length > 0;

it.each(['ARCHITECTURE.md', 'CONTRIBUTING.md', ...architecture, ...recipes])(
  '%s names files that are there',
  (page) => {
    const text = textOf(page);
    expect(pathsIn(text).filter((path) => !isThere(path))).toEqual([]);
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? '');
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  },
);

describe.each(architecture)('%s', (page) => {
  it('shows files that are there, below packages/', () => {
    const shown = [...textOf(page).matchAll(/\b[a-z-]+\/src\/[\w/.-]+\.ts\b/g)].map(([path]) => path);
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter((path) => !existsSync(join(root, 'packages', path)))).toEqual([]);
  });
});

it.each(recipes)('%s is short and says which tests', (page) => {
  const text = textOf(page).trimEnd();
  expect(text.split('\n').length).toBeLessThanOrEqual(25);
  expect(text.split('\n').at(-1)).toMatch(/^Tier: /);
});

it('each decision has a number of its own, and says why, what, and what comes of it', () => {
  const numbers = decisions.map((page) => /\/(\d{4})-/.exec(page)?.[1]);
  expect(new Set(numbers).size).toBe(decisions.length);
  const lacking = decisions.filter((page) => {
    const text = textOf(page);
    const number = Number(/\/(\d{4})-/.exec(page)?.[1]);
    return !(
      text.startsWith(`# ${number}. `) && /\*\*Context\.\*\*[^]*\*\*Decision\.\*\*[^]*\*\*Consequence\.\*\*/.test(text)
    );
  });
  expect(lacking).toEqual([]);
});
