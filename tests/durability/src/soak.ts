/**
 * `soak.js [--kills N] [--seed N]`: kills a server in the middle of writing, 50 times by default. Ends with an error where a
 * write is lost.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '@kubewright/core/testing';
import { killRounds } from './kill-rounds.js';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, seed: { type: 'string', default: '7' } },
});
const directory = mkdtempSync(join(tmpdir(), 'kill-rounds-'));
let [writes, inTheMiddle] = [0, 0];
try {
  await killRounds(directory, Number(values.kills), new SeededRandom(Number(values.seed)), (report) => {
    writes += report.acknowledged;
    if (report.unanswered > 0) inTheMiddle++;
  });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.stdout.write(
  `${values.kills} kills, ${inTheMiddle} of them while writes were under way: all of ${writes} acknowledged objects are there\n`,
);
