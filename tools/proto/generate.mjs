// Writes the .proto files of the packages from the fact tables and compiles them to TypeScript.
//
//   node tools/proto/generate.mjs [PACKAGE…]          into packages/PACKAGE/{proto,src/generated} (default: those that exist)
//   node tools/proto/generate.mjs --out DIR [PACKAGE…] into DIR/PACKAGE/{proto,src/generated} (default: all)
//   node tools/proto/generate.mjs --check             fails when a committed file differs from what would be written
//
// Needs `npm ci --ignore-scripts` in tools/proto once (Node 20 or newer); works offline after that.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { protoText } from './proto-text.mjs';
import { targets } from './targets.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, '../../packages');
const { values, positionals } = parseArgs({
  options: { out: { type: 'string' }, check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const bin = (name) => join(here, 'node_modules', '.bin', name);
if (!existsSync(bin('buf'))) fail('run `npm ci --ignore-scripts` in tools/proto first');

const chosen = positionals.length > 0 ? positionals : Object.keys(targets);
const scratch = mkdtempSync(join(tmpdir(), 'kubewright-proto-'));
let stale = 0;
try {
  for (const name of chosen) generate(name);
} finally {
  rmSync(scratch, { recursive: true });
}
if (stale > 0) process.exit(1);

function generate(name) {
  const files = targets[name] ?? fail(`no such package: ${name} (known: ${Object.keys(targets).join(', ')})`);
  const home = join(packages, name);
  if (values.out === undefined && !existsSync(join(home, 'package.json'))) return;
  const work = join(scratch, name);
  mkdirSync(join(work, 'proto'), { recursive: true });
  if (existsSync(join(home, 'proto'))) cpSync(join(home, 'proto'), join(work, 'proto'), { recursive: true });
  for (const { facts, file, about, secret } of files) {
    const table = JSON.parse(readFileSync(join(here, 'facts', facts), 'utf8'));
    write(join(work, 'proto', file), protoText(table, { about, source: facts, secret }));
  }
  compile(work);
  if (values.check) compare(work, home);
  else place(work, values.out === undefined ? home : join(values.out, name));
}

function compile(work) {
  const plugin = {
    local: bin('protoc-gen-es'),
    out: join(work, 'src/generated'),
    opt: ['target=ts', 'import_extension=js'],
  };
  const template = JSON.stringify({ version: 'v2', plugins: [plugin] });
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    BUF_CACHE_DIR: join(scratch, 'cache'),
  };
  const run = spawnSync(bin('buf'), ['generate', join(work, 'proto'), '--template', template], {
    stdio: 'inherit',
    env,
  });
  if (run.status !== 0) fail('buf failed; see the lines above');
}

/** Generated folders hold nothing else, so what is no longer made goes away. */
function place(work, home) {
  rmSync(join(home, 'src/generated'), { recursive: true, force: true });
  cpSync(join(work, 'src/generated'), join(home, 'src/generated'), { recursive: true });
  cpSync(join(work, 'proto'), join(home, 'proto'), { recursive: true });
}

function compare(work, home) {
  for (const folder of ['proto', 'src/generated']) {
    const names = new Set([...list(join(work, folder)), ...list(join(home, folder))]);
    for (const name of names) {
      if (read(join(work, folder, name)) === read(join(home, folder, name))) continue;
      stale++;
      process.stderr.write(`${join(home, folder, name)} is stale: run \`node tools/proto/generate.mjs\`\n`);
    }
  }
}

function list(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true }).filter((name) => /\.(proto|ts)$/.test(name));
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function fail(message) {
  process.stderr.write(`generate: ${message}\n`);
  process.exit(1);
}
