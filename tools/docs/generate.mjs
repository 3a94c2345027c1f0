// Writes the page of extension points, and in each package's README what follows from its sources and its manifest.
// `node tools/docs/generate.mjs` writes, `--check` fails where a page would change.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { readSources } from '../house/sources.mjs';
import { extensionPoints } from './extension-points.mjs';
import { readPackages } from './packages.mjs';
import { extensionPointsPage, packageBlocks } from './pages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const check = process.argv.includes('--check');
const points = extensionPoints(readSources(root));

const pages = new Map([['docs/extension-points.md', extensionPointsPage(points)]]);
for (const one of readPackages(root)) {
  const path = join('packages', one.folder, 'README.md');
  pages.set(path, withBlocks(readFileSync(join(root, path), 'utf8'), packageBlocks(one, points), path));
}

let stale = 0;
for (const [path, text] of pages) {
  const file = join(root, path);
  const next = await format(text, { ...(await resolveConfig(file)), filepath: file });
  if (readFileSync(file, { encoding: 'utf8', flag: 'a+' }) === next) continue;
  stale++;
  if (check) process.stderr.write(`${path} is behind the sources: run \`npm run generate\`\n`);
  else writeFileSync(file, next);
}
if (check && stale > 0) process.exit(1);

/** Puts each block between `<!-- generated: NAME -->` and `<!-- /generated -->`. */
function withBlocks(text, blocks, path) {
  return Object.entries(blocks).reduce((page, [name, block]) => {
    const place = new RegExp(`(<!-- generated: ${name} -->\n)[^]*?(<!-- /generated -->)`);
    if (!place.test(page)) throw new Error(`${path} has no block \`<!-- generated: ${name} -->\``);
    return page.replace(place, (_, begin, end) => `${begin}\n${block}\n\n${end}`);
  }, text);
}
