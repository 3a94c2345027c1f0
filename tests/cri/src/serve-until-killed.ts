/** The program behind `killed-daemon.js`, which loads it with compiled code that is kept between runs. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inspect } from 'node:util';
import { SystemClock, SystemRandom } from '@kubewright/core';
import type { Logger } from '@kubewright/core';
import {
  CliOciRuntime,
  ContainerRuntime,
  HostPrograms,
  OverlaySnapshotter,
  defaultOciRuntime,
} from '@kubewright/runtime';
import type { PodNetwork } from '@kubewright/runtime';
import { LeaseNetwork } from './lease-network.js';

const [home = ''] = process.argv.slice(2);
const root = join(home, 'root');
const state = join(home, 'state');
const [clock, random] = [new SystemClock(), new SystemRandom()];

let armed = '';
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line !== 'collect') armed = line;
  else {
    globalThis.gc?.();
    process.stdout.write(`${process.memoryUsage().heapUsed}\n`);
  }
});
const reach = (point: string): void => {
  if (point === armed) process.kill(process.pid, 'SIGKILL');
};

/** Passes the points around a call. */
async function around<T>(what: string, work: () => Promise<T>): Promise<T> {
  reach(`before ${what}`);
  const result = await work();
  reach(`after ${what}`);
  return result;
}

const programs = new HostPrograms({ root, state, clock });
const ociTimeout = Number(process.env['OCI_TIMEOUT'] ?? 30_000);
const { command } = await defaultOciRuntime({ program: process.env['OCI_PROGRAM'] ?? 'crun', state, programs });

class ReachingOciRuntime extends CliOciRuntime {
  override start(id: string, signal?: AbortSignal): Promise<void> {
    return around('oci start', () => super.start(id, signal));
  }
  override kill(id: string, name: string): Promise<void> {
    return around('oci kill', () => super.kill(id, name));
  }
  override delete(id: string): Promise<void> {
    return around('oci delete', () => super.delete(id));
  }
  override forget(id: string): Promise<boolean> {
    return around('oci forget', () => super.forget(id));
  }
  override update(...args: Parameters<CliOciRuntime['update']>): Promise<void> {
    return around('oci update', () => super.update(...args));
  }
}

class ReachingSnapshotter extends OverlaySnapshotter {
  override mount(...args: Parameters<OverlaySnapshotter['mount']>): ReturnType<OverlaySnapshotter['mount']> {
    return around('snapshot mount', () => super.mount(...args));
  }
  override remove(id: string): Promise<void> {
    return around('snapshot remove', () => super.remove(id));
  }
}

const ociRuntime = new ReachingOciRuntime({
  name: 'crun',
  program: command.program,
  root: join(state, 'oci'),
  programs,
  timeout: ociTimeout,
});
const snapshotter = new ReachingSnapshotter({ directory: join(root, 'o'), random, clock, programs });
const leases = new LeaseNetwork(join(home, 'leases'));
const network: PodNetwork = {
  name: leases.name,
  attach: (pod) => around('network attach', () => leases.attach(pod)),
  detach: (pod) => around('network detach', () => leases.detach(pod)),
  problem: () => leases.problem(),
};
const tell = (message: string, fields?: object): void => void process.stderr.write(`${message} ${inspect(fields)}\n`);
const logger: Logger = { debug: () => undefined, info: () => undefined, warn: tell, error: tell, child: () => logger };

await ContainerRuntime.start({
  address: join(home, 'cri.sock'),
  root,
  state,
  network,
  snapshotter,
  ociRuntimes: [ociRuntime],
  ociTimeout,
  onRecordStep: ({ kind, phase, moment }) => reach(`${moment} ${kind} ${phase}`),
  clock,
  random,
  logger,
});
process.stdout.write('ready\n');
