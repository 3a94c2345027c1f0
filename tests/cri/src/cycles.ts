/** Pods that come and go, and what that leaves in the daemon and on the machine. */
import { readFile, readdir } from 'node:fs/promises';
import { runWorkers } from '@kubewright/core/async';
import { podDown, podUp } from './pod-life.js';
import type { Remains, Testbed } from './testbed.js';

/** The daemon's own use of the machine. */
export interface Footprint {
  readonly files: number;
  readonly threads: number;
  /** Bytes of the heap that are needed. */
  readonly heap: number;
  readonly remains: Remains;
}

export async function footprint(bed: Testbed): Promise<Footprint> {
  const { pid } = bed.daemon;
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
  return {
    files: (await readdir(`/proc/${pid}/fd`)).length,
    threads: field('Threads'),
    heap: await bed.daemon.heap(),
    remains: await bed.remains(),
  };
}

/** Brings pods up and takes them down, `parallel` at a time. */
export async function cyclePods(bed: Testbed, pods: number, parallel: number): Promise<void> {
  let left = pods;
  const next = (): number | undefined => (left > 0 ? left-- : undefined);
  await runWorkers(parallel, next, async () => {
    const pod = await podUp(bed);
    await bed.daemon.client.runtime.execSync({ containerId: pod.containerId, cmd: ['/bin/sh', '-c', 'true'] });
    await podDown(bed, pod);
  });
}
