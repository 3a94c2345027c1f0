/**
 * Connecting pods to a bridge: our plugins, served by a daemon behind their shims, beside the Go plugins of the system. Both
 * do the same work: bridge, gateway, masquerading, an address with its lock and a lease on disk.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CniDaemon, installPlugins } from '@kubewright/cni-sdk';
import { HostNetwork, networkPlugins } from '@kubewright/network';
import { NetworkNamespace, removeNetworkNamespace } from '@kubewright/linux';
import type { Bench, BenchContext, Measurement } from '../runner/bench.js';
import { oneByOne, together } from './harness.js';
import type { Plugin } from './harness.js';

const goPlugins = '/usr/lib/cni';
const peer = 'Go plugins';
/** Attachments are written down in memory, as `/run` is on a machine in use; leases are not. */
const inMemory = '/dev/shm';
const parallel = 40;
const alone = 10;

/** Measures nothing without root or without the peer's plugins: its rows are then not held. */
export const cniBench: Bench = {
  name: 'cni',
  summary: 'connecting and disconnecting pods, beside the Go plugins',
  rows: [
    { metric: 'bridge ADD', unit: 'ms', peer, goal: { of: 'ratio', atMost: 0.15 } },
    { metric: 'bridge DEL', unit: 'ms', peer, goal: { of: 'ratio', atMost: 1 } },
    { metric: `ADD/s at ${parallel}`, unit: '1/s', peer, goal: { of: 'ratio', atLeast: 2 } },
    { metric: `DEL/s at ${parallel}`, unit: '1/s', peer, goal: { of: 'ratio', atLeast: 2 } },
  ],
  async run(context) {
    if (process.getuid?.() !== 0 || !existsSync(join(goPlugins, 'bridge'))) {
      context.progress(`not measured: it needs root and the Go plugins in ${goPlugins}`);
      return [];
    }
    const directory = mkdtempSync(join(tmpdir(), 'cni-bench-'));
    const spaces: string[] = [];
    const makeSpace = (name: string): string => {
      const path = join(directory, 'netns', name);
      NetworkNamespace.create(path).close();
      spaces.push(path);
      return path;
    };
    try {
      const pods = Array.from({ length: parallel }, (_, index) => makeSpace(`pod${index}`));
      const theirs = goSide(directory, makeSpace('theirs'));
      const { plugin: ours, close } = await ourSide(directory, makeSpace('ours'));
      try {
        return await measure(context, ours, theirs, pods);
      } finally {
        await close();
      }
    } finally {
      for (const path of spaces) await removeNetworkNamespace(path);
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function measure(
  context: BenchContext,
  ours: Plugin,
  theirs: Plugin,
  pods: readonly string[],
): Promise<Measurement[]> {
  const samples = {
    add: { ours: [] as number[], peer: [] as number[] },
    del: { ours: [] as number[], peer: [] as number[] },
    addRate: { ours: [] as number[], peer: [] as number[] },
    delRate: { ours: [] as number[], peer: [] as number[] },
  };
  const some = pods.slice(0, alone);
  // The first calls make the bridge and the rules, and are not measured.
  for (const plugin of [ours, theirs]) {
    await oneByOne(plugin, 'ADD', some);
    await oneByOne(plugin, 'DEL', some);
  }
  for (let round = 1; round <= context.rounds; round += 1) {
    context.signal.throwIfAborted();
    context.progress(`round ${round} of ${context.rounds}`);
    for (const [side, plugin] of [
      ['ours', ours],
      ['peer', theirs],
    ] as const) {
      samples.add[side].push(...(await oneByOne(plugin, 'ADD', some)));
      samples.del[side].push(...(await oneByOne(plugin, 'DEL', some)));
      samples.addRate[side].push(await together(plugin, 'ADD', pods));
      samples.delRate[side].push(await together(plugin, 'DEL', pods));
    }
  }
  return [
    { metric: 'bridge ADD', ...samples.add },
    { metric: 'bridge DEL', ...samples.del },
    { metric: `ADD/s at ${parallel}`, ...samples.addRate },
    { metric: `DEL/s at ${parallel}`, ...samples.delRate },
  ];
}

function goSide(directory: string, machine: string): Plugin {
  const config = writeConfig(directory, 'theirs', '10.97.0.0/16');
  return { executable: join(goPlugins, 'bridge'), config, path: goPlugins, machine };
}

async function ourSide(
  directory: string,
  machine: string,
): Promise<{ readonly plugin: Plugin; close(): Promise<void> }> {
  const stateDirectory = mkdtempSync(join(existsSync(inMemory) ? inMemory : directory, 'cni-bench-'));
  const host = new HostNetwork({ namespace: machine, stateDirectory });
  const plugins = networkPlugins(host);
  const socketPath = join(directory, 'cni.sock');
  const daemon = new CniDaemon({ plugins, socketPath });
  await daemon.start();
  const path = join(directory, 'bin');
  await installPlugins({ plugins, binDirectory: path, socketPath });
  const config = writeConfig(directory, 'ours', '10.98.0.0/16');
  return {
    plugin: { executable: join(path, 'bridge'), config, path, machine },
    close: async () => {
      await daemon.stop();
      await host.close();
      rmSync(stateDirectory, { recursive: true, force: true });
    },
  };
}

function writeConfig(directory: string, name: string, subnet: string): string {
  const path = join(directory, `${name}.json`);
  const dataDir = join(directory, 'leases');
  mkdirSync(dataDir, { recursive: true });
  const ipam = { type: 'host-local', dataDir, ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] };
  const config = { cniVersion: '1.0.0', name, type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true, ipam };
  writeFileSync(path, JSON.stringify(config));
  return path;
}
