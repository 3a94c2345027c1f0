import { join } from 'node:path';
import type { Bench, Measurement } from '../runner/bench.js';
import { startDriverProcess } from './driver-process.js';
import type { DriverProcess } from './driver-process.js';
import { rpcOverhead, volumeCycles } from './volume-cycle.js';

/** A command that serves a driver in memory on `{endpoint}` or CSI_ENDPOINT, arguments separated by spaces. */
const peerVariable = 'KUBEWRIGHT_CSI_GO_DRIVER';
const peer = 'a Go driver in memory';
/** How many volumes for how many at once: of fewer, the 99th percentile would be a matter of single pauses. */
const plans = [
  { concurrency: 1, volumes: 640 },
  { concurrency: 64, volumes: 1_920 },
];
const probes = 1_000;

/** What a driver costs beside its storage. */
export const csiBench: Bench = {
  name: 'csi',
  summary: `a CSI driver in memory, in a process of its own; the peer is the command in ${peerVariable}`,
  rows: [
    { metric: 'rpc overhead', unit: 'ms', peer, goal: { of: 'ratio', atMost: 1.5 } },
    { metric: 'publish p99 at 1', unit: 'ms', peer },
    { metric: 'publish p99 at 64', unit: 'ms', peer, goal: { of: 'ratio', atMost: 1.2 } },
    { metric: 'calls at 1', unit: '1/s', peer },
    { metric: 'calls at 64', unit: '1/s', peer },
  ],
  async run({ root, rounds, signal, progress }): Promise<readonly Measurement[]> {
    await using ours = await startDriverProcess([process.execPath, join(root, 'bench/dist/csi/serve-fake-driver.js')]);
    const command = process.env[peerVariable]?.split(' ');
    await using other = command === undefined ? undefined : await startDriverProcess(command);
    if (other === undefined) progress(`${peerVariable} is not set: rows that compare do not hold`);
    const samples = { ours: new Samples(), peer: new Samples() };
    // One round to warm up, which is not counted.
    for (let round = 0; round <= rounds && !signal.aborted; round++) {
      progress(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
      await measure(ours, round === 0 ? new Samples() : samples.ours);
      if (other !== undefined) await measure(other, round === 0 ? new Samples() : samples.peer);
    }
    return csiBench.rows.map(({ metric }) => ({
      metric,
      ours: samples.ours.of(metric),
      ...(other !== undefined && { peer: samples.peer.of(metric) }),
    }));
  },
};

class Samples {
  readonly #byMetric = new Map<string, number[]>();

  add(metric: string, value: number): void {
    this.#byMetric.set(metric, [...this.of(metric), value]);
  }

  of(metric: string): readonly number[] {
    return this.#byMetric.get(metric) ?? [];
  }
}

async function measure(driver: DriverProcess, into: Samples): Promise<void> {
  into.add('rpc overhead', await rpcOverhead(driver, probes));
  for (const { concurrency, volumes } of plans) {
    const { callsPerSecond, publishP99 } = await volumeCycles(driver, volumes, concurrency);
    into.add(`publish p99 at ${concurrency}`, publishP99);
    into.add(`calls at ${concurrency}`, callsPerSecond);
  }
}
