/** `npm run fuzz [-- TARGET…] [--inputs N] [--seed N]`: one million inputs per target by default. */
import { parseArgs } from 'node:util';
import { fuzz } from './run.js';
import { targets } from './targets.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed);
const unknown = positionals.filter((name) => !targets.some((target) => target.name === name));
if (values.help || unknown.length > 0 || !Number.isInteger(inputs) || !Number.isInteger(seed)) {
  if (unknown.length > 0) process.stderr.write(`no such target: ${unknown.join(', ')}\n`);
  process.stderr.write(
    `usage: npm run fuzz [-- TARGET…] [--inputs N] [--seed N]\n\ntargets: ${targets.map((target) => target.name).join(', ')}\n`,
  );
  process.exit(values.help ? 0 : 2);
}
for (const target of targets) {
  if (positionals.length > 0 && !positionals.includes(target.name)) continue;
  const { handled } = await fuzz(target, inputs, seed, (done) =>
    process.stderr.write(`\r${target.name}: ${done} of ${inputs}`),
  );
  process.stdout.write(`\r${target.name}: ${inputs} inputs, ${handled} reached the handler, nothing broke\n`);
}
