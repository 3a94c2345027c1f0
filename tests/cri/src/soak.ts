/** `soak.js [--pods N]`: pods come and go, 500 by default. Ends with an error where anything has grown. */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { cyclePods, footprint } from './cycles.js';
import { missingHere } from './programs.js';
import { Testbed } from './testbed.js';

const { values } = parseArgs({ options: { pods: { type: 'string', default: '500' } } });
/** What compiled code and the events of the last minutes may come to; a leak that hurts some day is more. */
const slack = 2 * 1024 * 1024 + 2048 * Number(values.pods);
const missing = missingHere();
if (missing.length > 0) {
  process.stdout.write(`skipped: this machine has no ${missing.join(', ')}\n`);
} else {
  await using bed = await Testbed.open();
  await bed.daemon.start();
  await bed.daemon.client.images.pullImage({ image: { image: bed.image } });
  // Enough for the heap to have found its size.
  const warming = Math.ceil(Number(values.pods) / 5);
  await cyclePods(bed, warming, 8);
  const before = await footprint(bed);
  const begun = performance.now();
  await cyclePods(bed, Number(values.pods), 8);
  const seconds = (performance.now() - begun) / 1000;
  const after = await footprint(bed);
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  process.stdout.write(
    `${values.pods} pods in ${seconds.toFixed(0)} s: heap ${mebibytes(before.heap)}, then ${mebibytes(after.heap)}; files ${before.files}, then ${after.files}\n`,
  );
  assert.deepEqual(after.remains, before.remains);
  assert.ok(after.files <= before.files && after.threads <= before.threads, 'the daemon has more files or threads');
  assert.ok(after.heap < before.heap + slack, 'the heap of the daemon has grown');
  process.stdout.write('nothing was left, nothing has grown\n');
}
