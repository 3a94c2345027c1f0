/** `npm run bench -- NAME [--rounds N]`: measures, prints a table, and writes `bench/results/NAME.json`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benches } from './benches.js';
import { resultRows } from './runner/result.js';
import { table } from './runner/table.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const usage = `usage: npm run bench -- NAME [--rounds N]\n\nbenchmarks: ${Object.keys(benches).join(', ')}\n`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '9' }, help: { type: 'boolean', default: false } },
});
const [name] = positionals;
const load = name === undefined ? undefined : benches[name];
const rounds = Number(values.rounds);
if (values.help || load === undefined || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));

const bench = await load();
process.stderr.write(`${bench.name}: ${bench.summary}\n`);
const measurements = await bench.run({
  rounds,
  root,
  signal: interrupt.signal,
  progress: (text) => process.stderr.write(`  ${text}\n`),
});
const rows = resultRows(bench, measurements);
const results = join(root, 'bench', 'results');
await mkdir(results, { recursive: true });
const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
await writeFile(
  join(results, `${bench.name}.json`),
  `${JSON.stringify({ bench: bench.name, date: new Date().toISOString(), rounds, machine, rows }, null, 2)}\n`,
);
process.stdout.write(`\n${table(rows)}\n`);
