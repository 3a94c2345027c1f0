#!/usr/bin/env node
/** The `cni-sanity` program. */
import { main } from './cli/main.js';

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupt.abort(new Error(`interrupted by ${name}`)));
}
const output = {
  stdout: (text: string) => void process.stdout.write(text),
  stderr: (text: string) => void process.stderr.write(text),
};
process.exitCode = await main(process.argv.slice(2), output, interrupt.signal);
