import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Bench } from '../runner/bench.js';
import { importCost } from './import-cost.js';
import { productionInstall } from './production-install.js';
import { upTime } from './up-time.js';

/**
 * The yardstick of every row: what a fresh process spends to import the injection container that all of it stands on. Machines
 * differ by a factor of two, and this differs with them.
 */
const peer = 'CPU of importing inversify';

/** How long a user waits before anything of theirs runs. */
export const startupBench: Bench = {
  name: 'startup',
  summary: 'from process start, or call, to an authenticated create whose watch event has arrived',
  rows: [
    { metric: 'kubewright up', unit: 'ms', peer, goal: { of: 'ratio', atMost: 3.5 } },
    { metric: 'TestCluster', unit: 'ms', peer, goal: { of: 'ratio', atMost: 1 } },
    { metric: 'import core', unit: 'ms', peer, goal: { of: 'ratio', atMost: 1.2 } },
    {
      metric: 'import kubewright',
      unit: 'ms',
      peer: 'CPU of importing informer and controller',
      goal: { of: 'ratio', atMost: 1.3 },
    },
    { metric: 'production install', unit: 'MB', goal: { of: 'ours', atMost: 25 } },
    { metric: 'packages installed', unit: '' },
  ],
  async run({ root, rounds, signal, progress }) {
    const folder = join(root, 'bench');
    const up: number[] = [];
    const testCluster: number[] = [];
    const core: number[] = [];
    const inversify: number[] = [];
    const facade: number[] = [];
    const framework: number[] = [];
    using install = productionInstall(root, progress);
    // The first start of a checkout fills the compile cache, which later starts have.
    await upTime(root);
    for (let round = 1; round <= rounds && !signal.aborted; round++) {
      progress(`round ${round} of ${rounds}`);
      up.push(await upTime(root));
      testCluster.push(testClusterTime(join(folder, 'dist/startup/test-cluster-child.js')));
      inversify.push(importCost('inversify', folder));
      core.push(importCost('@kubewright/core', folder));
      facade.push(importCost('kubewright', install.directory));
      framework.push(importCost('./framework.mjs', install.directory));
    }
    return [
      { metric: 'kubewright up', ours: up, peer: inversify },
      { metric: 'TestCluster', ours: testCluster, peer: inversify },
      { metric: 'import core', ours: core, peer: inversify },
      { metric: 'import kubewright', ours: facade, peer: framework },
      { metric: 'production install', ours: [install.megabytes] },
      { metric: 'packages installed', ours: [install.packages] },
    ];
  },
};

function testClusterTime(program: string): number {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the test cluster did not start: ${stderr}`);
  return Number(stdout);
}
