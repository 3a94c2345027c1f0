// Counts what the house's rules allow little or nothing of, and fails where there is more.
// `node tools/house/main.mjs` prints the counts and what is too much, `--list` every place.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { doubleNames } from './double-names.mjs';
import { folderCircles } from './folder-circles.mjs';
import { missingDoors } from './folder-doors.mjs';
import { casts, errorTexts, finalizerEdits, keyTexts } from './patterns.mjs';
import { readSources } from './sources.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = readSources(root);
const outside = (...names) => sources.filter(({ path }) => !names.includes(path.split('/')[1]));

const rules = [
  { name: 'circles of folders', atMost: 0, found: folderCircles(sources) },
  { name: 'folders without a comment at their door', atMost: 0, found: missingDoors(sources) },
  { name: 'exported names with two meanings', atMost: 0, found: doubleNames(sources, doors()) },
  { name: 'casts', atMost: 150, found: casts(sources) },
  { name: 'copies of error to text', atMost: 1, found: errorTexts(sources) },
  { name: 'functions for the text of a key', atMost: 1, found: keyTexts(sources) },
  {
    name: 'edits of finalizers outside controller',
    atMost: 0,
    found: finalizerEdits(outside('controller', 'api', 'apiserver')),
  },
];

let broken = 0;
for (const { name, atMost, found } of rules) {
  const holds = found.length <= atMost;
  process.stdout.write(`${holds ? ' ' : '✗'} ${name}: ${found.length}, at most ${atMost}\n`);
  if (!holds || process.argv.includes('--list')) for (const place of found) process.stdout.write(`  ${place}\n`);
  if (!holds) broken++;
}
process.exitCode = broken > 0 ? 1 : 0;

/** The sources that packages export, by what an import names. */
function doors() {
  const found = new Map();
  for (const manifest of globSync('packages/*/package.json', { cwd: root })) {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, manifest), 'utf8'));
    for (const [entry, { '@kubewright/source': source }] of Object.entries(exports)) {
      if (source) found.set(join(name, entry), join(dirname(manifest), source));
    }
  }
  return found;
}
