#!/usr/bin/env node
// `npx kubewright`: hands over to the program in @kubewright/cli, which an operator's image does not carry. It is the project's
// own where the project has it, otherwise one that npm fetches in the same version. Plain JavaScript that an older Node reads.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const places = [join(process.cwd(), 'package.json'), import.meta.url];

function installed() {
  for (const place of places) {
    try {
      return createRequire(place).resolve('@kubewright/cli/bin');
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

const program = installed();
if (program !== undefined) await import(pathToFileURL(program).href);
else {
  const { version } = createRequire(import.meta.url)('../package.json');
  const words = ['exec', '--yes', `--package=@kubewright/cli@${version}`, '--', 'kubewright', ...process.argv.slice(2)];
  const { status, signal, error } = spawnSync('npm', words, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (error !== undefined) {
    process.stderr.write(
      `kubewright: the command line is in @kubewright/cli: npm install --save-dev @kubewright/cli (${error.message})\n`,
    );
  }
  process.exitCode = status ?? (signal === null ? 1 : 130);
}
