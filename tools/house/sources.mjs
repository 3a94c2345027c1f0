// The sources of the packages as syntax trees, for the rules that are counted.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

/**
 * Every source of the packages that ships: no tests, nothing generated.
 *
 * @param {string} root - the workspace's folder
 */
export function readSources(root) {
  return globSync('packages/*/src/**/*.ts', { cwd: root })
    .filter((path) => !path.endsWith('.test.ts') && !path.includes('/generated/'))
    .sort()
    .map((path) => sourceOf(path, readFileSync(join(root, path), 'utf8')));
}

/** A source from its text; throws where it can't be parsed. */
export function sourceOf(path, text) {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
  return { path, text, program };
}

/** Calls `visit` for every node, with the nodes around it, the nearest last. */
export function walk(node, visit, around = []) {
  visit(node, around);
  const inside = [...around, node];
  for (const [key, value] of Object.entries(node)) {
    if (key === 'type') continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child !== null && typeof child === 'object' && typeof child.type === 'string') walk(child, visit, inside);
    }
  }
}

/** Where a node begins, as an editor opens it. */
export function placeOf({ path, text }, node) {
  return `${path}:${text.slice(0, node.start).split('\n').length}`;
}

/** What a source imports or exports again, by name of the module. */
export function modulesOf({ program }) {
  return program.body.flatMap((statement) =>
    ['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration'].includes(statement.type) && statement.source
      ? [statement.source.value]
      : [],
  );
}
