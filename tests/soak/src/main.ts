/** `npm run soak [-- --minutes N] [--seed N]`: ten minutes by default. Ends with an error as soon as something is not as it should be. */
import { parseArgs } from 'node:util';
import { SeededRandom } from '@kubewright/core/testing';
import { churn } from './churn.js';
import { pressure } from './pressure.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (values.help || !(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write('usage: npm run soak [-- --minutes N] [--seed N]\n');
  process.exit(values.help ? 0 : 2);
}

/** So many times its usual time may a GET take, in the median, while others misbehave. */
const patience = 5;
const { idle, loaded, answers } = await pressure(300);
const ratio = loaded / idle;
process.stdout.write(
  `with 50 bad requests under way a GET takes ${loaded.toFixed(2)} ms instead of ${idle.toFixed(2)} ms: ` +
    `${ratio.toFixed(2)} times, at most ${patience} (they were answered ${JSON.stringify(answers)})\n`,
);
if (!(ratio <= patience)) {
  process.stderr.write('bad requests hold up the others\n');
  process.exit(1);
}

let interrupted = false;
process.once('SIGINT', () => (interrupted = true));
const end = performance.now() + minutes * 60_000;
await churn(
  new SeededRandom(seed),
  () => interrupted || performance.now() > end,
  ({ cycle, faults, settled, heap }) => {
    const memory = heap === undefined ? '' : `, heap ${(heap / 2 ** 20).toFixed(1)} MiB`;
    process.stdout.write(
      `cycle ${cycle}: ${faults} faults so far, at rest ${Math.round(settled)} ms after the last${memory}\n`,
    );
  },
);
process.stdout.write('everything came to rest as wanted\n');
