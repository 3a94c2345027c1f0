// Every npm script of the workspace starts here. Plain JavaScript that runs on Node 18 and newer: it installs what a bare
// clone lacks (with Node 24 where the machine has an older one), builds what is stale, then runs the task on Node 24.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tasks } from './tasks.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const requiredMajor = 24;
const [name, ...args] = process.argv.slice(2);
const task = tasks[name ?? ''];
if (task === undefined) {
  process.stderr.write(`usage: npm run <${Object.keys(tasks).join('|')}> [-- ARGUMENTS]\n`);
  process.exit(2);
}

const major = (version) => Number(version.replace(/^v/, '').split('.')[0]);
const stampFile = join(root, 'node_modules', '.kubewright-install');
const lockDigest = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

function run(command, commandArgs, env = process.env) {
  const result = spawnSync(command, commandArgs, { cwd: root, stdio: 'inherit', env });
  if (result.error) fail(`cannot run ${command}: ${result.error.message}`);
  if (result.signal !== null) process.exit(130);
  return result.status ?? 1;
}

function fail(message) {
  process.stderr.write(`kubewright: ${message}\n`);
  process.exit(1);
}

function install() {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockDigest) return;
  process.stderr.write('kubewright: installing dependencies (once; about a minute)\n');
  const bundled = `node-linux-${process.arch}@24.21.0`;
  const old = major(process.version) < requiredMajor;
  if (old && !(process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch))) {
    fail(
      `Node ${requiredMajor} or newer is needed, this is ${process.version}: install it from your system's packages.`,
    );
  }
  const status = old ? run('npx', ['-y', '-p', bundled, '--', 'npm', 'ci']) : run('npm', ['ci']);
  if (status !== 0) fail('npm ci failed; see the lines above.');
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stampFile, lockDigest);
}

/** The Node that runs the tasks: this one where it is new enough, otherwise the one npm installed. */
function nodeBinary() {
  if (major(process.version) >= requiredMajor) return process.execPath;
  const installed = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (!existsSync(installed)) fail(`Node ${requiredMajor} or newer is needed, this is ${process.version}.`);
  return installed;
}

install();
const node = nodeBinary();
const env = {
  ...process.env,
  PATH: `${join(node, '..')}:${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
};
process.on('SIGINT', () => {}); // the task decides how to end on Ctrl-C; it got the signal too
if (task.build !== false && run(node, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], env) !== 0) {
  fail('the build failed; see the lines above.');
}
for (const [file, ...fixed] of task.steps) {
  const last = task.steps.at(-1)[0] === file;
  const status = run(node, [...(task.nodeOptions ?? []), join(root, file), ...fixed, ...(last ? args : [])], env);
  if (status !== 0) process.exit(status);
}
