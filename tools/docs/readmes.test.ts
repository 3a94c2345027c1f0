import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readPackages } from './packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sections = ['First example', 'Entries', 'Extension points', 'Tests', 'Read on'];

// The row `@kubewright/api/*/*` stands for many entries.
const matches = (row: string, entry: string): boolean =>
  new RegExp(`^${row.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}$`).test(entry);

describe.each(readPackages(root))('the README of $name', ({ folder, name, entries }) => {
  const path = join(root, 'packages', folder, 'README.md');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';

  it('has the name, whom it is for, the floor and the sections of all READMEs in their order', () => {
    expect(text.startsWith(`# ${name}\n\n`)).toBe(true);
    const [intro = ''] = text.slice(name.length + 4).split('\n\n');
    expect(intro).toMatch(/\b[Ff]or\b/);
    const found = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title ?? '');
    expect(found.filter((title) => sections.includes(title))).toEqual(sections);
  });

  it('begins with an example that is compiled', () => {
    const [, snippet = ''] = /## First example\n[^#]*?<!-- snippet: (\S+) -->/.exec(text) ?? [];
    expect(snippet).toMatch(/^examples\/[^/]+\/src\/.*\.ts$/);
    expect(existsSync(join(root, snippet))).toBe(true);
  });

  it('lists what the package exports', () => {
    const rows = [...text.matchAll(/^\| `(\S+?)` +\|/gm)].map(([, row]) => row ?? '');
    const isListed = (entry: string): boolean => rows.some((row) => matches(row, entry));
    expect(entries.filter((entry) => !isListed(entry))).toEqual([]);
    expect(rows.filter((row) => !entries.some((entry) => matches(row, entry)))).toEqual([]);
  });

  it('says how its tests run', () => {
    expect(text).toContain(`npx vitest run packages/${folder}\``);
  });

  it('leads to pages that are there', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? '');
    expect(links.filter((link) => !existsSync(join(dirname(path), link)))).toEqual([]);
  });
});
