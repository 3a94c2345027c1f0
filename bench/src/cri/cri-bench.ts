/**
 * Pods on our runtime beside containerd: the same OCI runtime, image, limits, filters and logs, and records that are on disk
 * before an answer. Pods of the host's network, and pods on a bridge with masquerading: ours connected by our plugins, as
 * whoever installs both gets them, containerd's by the Go plugins; a row beside has both with the Go plugins.
 *
 * All of it runs in a network namespace of its own, in a process that is started inside.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NetworkNamespace, readMounts, unmount } from '@kubewright/linux';
import type { Bench, Measurement, RowPlan } from '../runner/bench.js';
import { goPlugins } from './networks.js';

const peer = 'containerd with crun';
const steps = ['RunPodSandbox', 'CreateContainer', 'StartContainer', 'ExecSync', 'StopContainer', 'RemoveContainer'];
const needed = ['containerd', 'containerd-shim-runc-v2', 'crun', 'conmon', 'nsenter', 'unshare'];

export const criBench: Bench = {
  name: 'cri',
  summary: 'pods, commands and images, beside containerd',
  rows: [
    { metric: 'pod up (host)', unit: 'ms', peer, goal: { of: 'ratio', atMost: 0.8 } },
    { metric: 'pod up (CNI)', unit: 'ms', peer, goal: { of: 'ratio', atMost: 0.8 } },
    { metric: 'pod up (Go CNI plugins)', unit: 'ms', peer },
    { metric: 'exec', unit: 'ms', peer, goal: { of: 'ratio', atMost: 0.8 } },
    ...steps.flatMap((step): RowPlan[] => [
      { metric: step, unit: 'ms', peer },
      { metric: `${step} max`, unit: 'ms', peer },
    ]),
    { metric: 'pod down (CNI)', unit: 'ms', peer },
    { metric: '40 pods at once', unit: 'ms', peer },
    { metric: 'per-container RSS', unit: 'MB', peer, goal: { of: 'ours', atMost: 3 } },
    { metric: 'daemon RSS', unit: 'MB', peer },
    { metric: 'pull MB/s', unit: 'MB/s', peer, goal: { of: 'ratio', atLeast: 1 } },
  ],
  async run({ rounds, progress, signal }) {
    const missing = needed.filter((program) => !isThere(program));
    if (process.getuid?.() !== 0) missing.unshift('root');
    if (!isThere(join(goPlugins, 'bridge'))) missing.push(`the CNI plugins in ${goPlugins}`);
    if (missing.length > 0) {
      progress(`not measured: this machine has no ${missing.join(', ')}`);
      return [];
    }
    const directory = mkdtempSync(join(tmpdir(), 'cri-bench-'));
    const machine = join(directory, 'net');
    NetworkNamespace.create(machine).close();
    try {
      const child = fileURLToPath(new URL('./measure-child.js', import.meta.url));
      const results = join(directory, 'results.json');
      const command = [`--net=${machine}`, '--', process.execPath, child, directory, String(rounds), results];
      const running = spawn('nsenter', command, {
        stdio: ['ignore', 'inherit', 'inherit'],
        signal,
        killSignal: 'SIGTERM',
      });
      const code = await new Promise((resolve, reject) => running.on('error', reject).on('close', resolve));
      if (code !== 0) throw new Error(`measuring ended with code ${String(code)}`);
      return JSON.parse(readFileSync(results, 'utf8')) as Measurement[];
    } finally {
      const inside = (await readMounts()).map(({ mountPoint }) => mountPoint);
      for (const path of inside.filter((one) => one.startsWith(`${directory}/`)).reverse())
        await unmount(path, { detach: true });
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

function isThere(program: string): boolean {
  const places = program.includes('/') ? [''] : (process.env['PATH'] ?? '').split(':');
  return places.some((place) => {
    try {
      accessSync(join(place, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
