/** `npm run conformance -- SUITE`: runs a judge, prints what it said, and writes `conformance/results/SUITE.json`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { summarize } from './runner/summary.js';
import { suites } from './suites.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', default: false } },
});
const [name] = positionals;
const load = name === undefined ? undefined : suites[name];
if (values.help || load === undefined) {
  process.stderr.write('usage: npm run conformance -- SUITE\n\n');
  for (const [key, loadSuite] of Object.entries(suites)) {
    const { summary, needs } = await loadSuite();
    process.stderr.write(`  ${key.padEnd(12)}${summary}\n${' '.repeat(14)}needs: ${needs.join(', ') || 'nothing'}\n`);
  }
  process.exit(values.help ? 0 : 2);
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));

const suite = await load();
const cases = await suite.run({
  root,
  environment: process.env,
  signal: interrupt.signal,
  progress: (text) => process.stderr.write(`  ${text}\n`),
});
const summary = summarize(suite.name, cases);
const results = join(root, 'conformance', 'results');
await mkdir(results, { recursive: true });
await writeFile(
  join(results, `${suite.name}.json`),
  `${JSON.stringify({ ...summary.report, date: new Date().toISOString() }, null, 2)}\n`,
);
process.stdout.write(summary.text);
process.exitCode = summary.ok ? 0 : 1;
