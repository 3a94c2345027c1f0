import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@kubewright/core';
import type { Answer } from '@kubewright/cri-sdk';
import type { ContainerStatsSchema } from '@kubewright/cri-sdk/v1';
import type { CgroupLayout } from '@kubewright/linux';
import { nanoseconds } from '../cri/status.js';
import type { Container } from './container-record.js';

/** What containers use, from their control groups. */
export class ContainerUsage {
  readonly #layout: CgroupLayout;
  readonly #clock: Clock;
  readonly #cgroup: (container: Container) => string;
  readonly #writable: (id: string) => string;

  /** @param cgroup - the path of a container's group. @param writable - where a container's writes go. */
  constructor(
    layout: CgroupLayout,
    clock: Clock,
    cgroup: (container: Container) => string,
    writable: (id: string) => string,
  ) {
    this.#layout = layout;
    this.#clock = clock;
    this.#cgroup = cgroup;
    this.#writable = writable;
  }

  /** @throws errors of the file system where the group is gone. */
  async of(container: Container): Promise<Answer<typeof ContainerStatsSchema>> {
    const { id, config } = container;
    const { metadata, labels, annotations } = config;
    const attributes = { id, labels, annotations, ...(metadata && { metadata }) };
    const timestamp = nanoseconds(this.#clock.now());
    const writableLayer = {
      timestamp,
      fsId: { mountpoint: this.#writable(id) },
      usedBytes: { value: 0n },
      inodesUsed: { value: 0n },
    };
    if (container.phase !== 'running') return { attributes, writableLayer };
    const path = this.#cgroup(container);
    const [cpu, memory] = await Promise.all([this.#cpu(path), this.#memory(path)]);
    return {
      attributes,
      writableLayer,
      cpu: { timestamp, usageCoreNanoSeconds: { value: cpu } },
      memory: {
        timestamp,
        usageBytes: { value: memory.usage },
        workingSetBytes: { value: memory.workingSet },
        rssBytes: { value: memory.rss },
      },
    };
  }

  async #cpu(path: string): Promise<bigint> {
    if (this.#layout.version !== 'v2') return BigInt((await this.#read('cpuacct', path, 'cpuacct.usage')).trim());
    return counter(await this.#read('cpu', path, 'cpu.stat'), 'usage_usec') * 1000n;
  }

  /** The working set is what cannot be dropped at once: all but the file cache that nobody used lately. */
  async #memory(path: string): Promise<{ readonly usage: bigint; readonly workingSet: bigint; readonly rss: bigint }> {
    const unified = this.#layout.version === 'v2';
    const usage = BigInt(
      (await this.#read('memory', path, unified ? 'memory.current' : 'memory.usage_in_bytes')).trim(),
    );
    const stat = await this.#read('memory', path, 'memory.stat');
    const inactive = counter(stat, unified ? 'inactive_file' : 'total_inactive_file');
    const rss = counter(stat, unified ? 'anon' : 'total_rss');
    return { usage, rss, workingSet: usage > inactive ? usage - inactive : 0n };
  }

  #read(controller: string, path: string, file: string): Promise<string> {
    const { unified, controllers, version } = this.#layout;
    const root = (version === 'v2' ? unified : controllers.get(controller)) ?? '/sys/fs/cgroup';
    return readFile(join(root, path, file), 'utf8');
  }
}

function counter(text: string, name: string): bigint {
  return BigInt(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}
