import { join } from 'node:path';
import type { Bench, Measurement } from '../runner/bench.js';
import { importCost } from './import-cost.js';

/** How long a user waits before anything of theirs runs. */
export const startupBench: Bench = {
  name: 'startup',
  summary: 'from process start to a working control plane',
  rows: [{ metric: 'import core', unit: 'ms CPU', peer: 'import inversify', goal: { of: 'ratio', atMost: 1.2 } }],
  run(context) {
    const folder = join(context.root, 'bench');
    const ours: number[] = [];
    const peer: number[] = [];
    context.progress('importing @kubewright/core beside inversify');
    for (let round = 0; round < context.rounds && !context.signal.aborted; round++) {
      peer.push(importCost('inversify', folder));
      ours.push(importCost('@kubewright/core', folder));
    }
    const measurements: Measurement[] = [{ metric: 'import core', ours, peer }];
    return Promise.resolve(measurements);
  },
};
