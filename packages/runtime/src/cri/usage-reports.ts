import { statfs } from 'node:fs/promises';
import type { Clock } from '@kubewright/core';
import type { Answer } from '@kubewright/cri-sdk';
import { MetricType } from '@kubewright/cri-sdk/v1';
import type {
  ContainerStatsSchema,
  MetricDescriptorSchema,
  MetricSchema,
  PodSandboxMetricsSchema,
  PodSandboxStatsSchema,
} from '@kubewright/cri-sdk/v1';
import type { CgroupLayout, Link } from '@kubewright/linux';
import { keysOf } from '@kubewright/core';
import { Rtnetlink, withNamespace } from '@kubewright/linux';
import type { Container } from '../containers/container-record.js';
import { nanoseconds } from './status.js';
import { usesHostNetwork } from '../sandboxes/pod-hostname.js';
import type { Sandbox } from '../sandboxes/sandbox-record.js';
import { readCgroup } from '../usage/cgroup-usage.js';
import type { CgroupUsage } from '../usage/cgroup-usage.js';
import { containerSamples, networkSamples } from '../usage/container-samples.js';
import type { Sample } from '../usage/container-samples.js';
import { DirectoryUsage } from '../usage/directory-usage.js';
import { isGauge, labelsOf, metricTable } from '../usage/metric-table.js';
import { openFilesLimit, readProcesses } from '../usage/process-usage.js';
import { ProcessorRate } from '../usage/processor-rate.js';

export interface UsageReportsOptions {
  readonly layout: CgroupLayout;
  readonly clock: Clock;
  /** The path of a container's control group. */
  readonly cgroup: (container: Container) => string;
  /** Where a container's writes go. */
  readonly writable: (id: string) => string;
  /** Where a pod's network namespace is mounted. */
  readonly netns: (id: string) => string;
  /** Where the layers of all containers are. */
  readonly directory: string;
}

/** What pods and containers use, in the words of CRI. */
export class UsageReports {
  readonly #options: UsageReportsOptions;
  readonly #sizes: DirectoryUsage;
  readonly #rate = new ProcessorRate();

  constructor(options: UsageReportsOptions) {
    this.#options = options;
    this.#sizes = new DirectoryUsage(options.clock);
  }

  /** @throws errors of the file system where a running container's group is gone. */
  async container(container: Container): Promise<Answer<typeof ContainerStatsSchema>> {
    const { id, config } = container;
    const { metadata, labels, annotations } = config;
    const attributes = { id, labels, annotations, ...(metadata && { metadata }) };
    const { bytes, inodes } = await this.#sizes.of(this.#options.writable(id));
    const timestamp = this.#now();
    const writableLayer = {
      timestamp,
      fsId: { mountpoint: this.#options.directory },
      usedBytes: { value: bytes },
      inodesUsed: { value: inodes },
    };
    if (container.phase !== 'running') return { attributes, writableLayer };
    const usage = await this.#usage(container);
    return {
      attributes,
      writableLayer,
      ...this.#processorAndMemory(id, [usage]),
      swap: { timestamp, swapUsageBytes: { value: usage.memory.swap ?? 0n } },
    };
  }

  /** @param containers - those of the pod. */
  async pod(sandbox: Sandbox, containers: readonly Container[]): Promise<Answer<typeof PodSandboxStatsSchema>> {
    const { id, config } = sandbox;
    const { metadata, labels, annotations } = config;
    const running = containers.filter(({ phase }) => phase === 'running');
    const [usages, processes, links, stats] = await Promise.all([
      settled(running.map((container) => this.#usage(container))),
      settled(running.map((container) => readProcesses(this.#options.layout, this.#options.cgroup(container)))),
      this.#interfaces(sandbox),
      settled(running.map((container) => this.container(container))),
    ]);
    const timestamp = this.#now();
    const interfaces = links.map(({ name, statistics }) => ({
      name,
      rxBytes: { value: statistics?.receivedBytes ?? 0n },
      rxErrors: { value: statistics?.receiveErrors ?? 0n },
      txBytes: { value: statistics?.sentBytes ?? 0n },
      txErrors: { value: statistics?.sendErrors ?? 0n },
    }));
    const [defaultInterface] = interfaces;
    return {
      attributes: { id, labels, annotations, ...(metadata && { metadata }) },
      linux: {
        ...this.#processorAndMemory(id, usages),
        network: { timestamp, interfaces, ...(defaultInterface && { defaultInterface }) },
        process: { timestamp, processCount: { value: processes.reduce((sum, one) => sum + one.processes, 0n) } },
        containers: stats,
      },
    };
  }

  /** What each metric means. */
  descriptors(): Answer<typeof MetricDescriptorSchema>[] {
    return keysOf(metricTable).map((name) => ({
      name,
      help: metricTable[name].help,
      labelKeys: [...labelsOf(name)],
    }));
  }

  /** @param containers - those of the pod. */
  async metrics(sandbox: Sandbox, containers: readonly Container[]): Promise<Answer<typeof PodSandboxMetricsSchema>> {
    const { id, config } = sandbox;
    const { name = '', namespace = '' } = config.metadata ?? {};
    const ofPod = { container: '', id, image: '', name: '', namespace, pod: name };
    const running = containers.filter(({ phase }) => phase === 'running');
    return {
      podSandboxId: id,
      metrics: this.#metrics(networkSamples(await this.#interfaces(sandbox)), Object.values(ofPod)),
      containerMetrics: await settled(
        running.map(async (container) => {
          const called = container.config.metadata?.name ?? '';
          const of = { ...ofPod, container: called, id: container.id, image: container.imageName, name: container.id };
          const samples = await this.#samples(container);
          return { containerId: container.id, metrics: this.#metrics(samples, Object.values(of)) };
        }),
      ),
    };
  }

  async #samples(container: Container): Promise<Sample[]> {
    const { layout, cgroup, writable, directory, clock } = this.#options;
    const [usage, processes, files, size, limit] = await Promise.all([
      this.#usage(container),
      readProcesses(layout, cgroup(container)),
      statfs(directory, { bigint: true }),
      this.#sizes.of(writable(container.id)),
      openFilesLimit(container.pid),
    ]);
    return containerSamples({
      usage,
      processes,
      openFilesLimit: limit,
      resources: container.config.linux?.resources,
      fileSystem: {
        device: directory,
        bytes: files.blocks * files.bsize,
        inodes: files.files,
        freeInodes: files.ffree,
        used: size.bytes,
      },
      startedAt: container.startedAt,
      now: clock.now(),
    });
  }

  #metrics(samples: readonly Sample[], common: readonly string[]): Answer<typeof MetricSchema>[] {
    const timestamp = this.#now();
    return samples.map(({ name, labels = [], value }) => ({
      name,
      timestamp,
      metricType: isGauge(name) ? MetricType.GAUGE : MetricType.COUNTER,
      labelValues: [...common, ...labels],
      value: { value },
    }));
  }

  #processorAndMemory(id: string, usages: readonly CgroupUsage[]) {
    const timestamp = this.#now();
    const sum = (value: (usage: CgroupUsage) => bigint): { value: bigint } => ({
      value: usages.reduce((total, usage) => total + value(usage), 0n),
    });
    const total = sum(({ cpu }) => cpu.total);
    return {
      cpu: {
        timestamp,
        usageCoreNanoSeconds: total,
        usageNanoCores: { value: this.#rate.of(id, total.value, timestamp) },
      },
      memory: {
        timestamp,
        usageBytes: sum(({ memory }) => memory.usage),
        workingSetBytes: sum(({ memory }) => memory.workingSet),
        rssBytes: sum(({ memory }) => memory.rss),
        pageFaults: sum(({ memory }) => memory.pageFaults),
        majorPageFaults: sum(({ memory }) => memory.majorPageFaults),
      },
    };
  }

  async #interfaces({ id, phase, config }: Sandbox): ReturnType<typeof readInterfaces> {
    if (phase !== 'ready' || usesHostNetwork(config)) return [];
    return readInterfaces(this.#options.netns(id)).catch(() => []);
  }

  #usage(container: Container): Promise<CgroupUsage> {
    return readCgroup(this.#options.layout, this.#options.cgroup(container));
  }

  #now(): bigint {
    return nanoseconds(this.#options.clock.now());
  }
}

/** What succeeded. A container that ended while it was looked at is not running any more. */
async function settled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** The interfaces of a pod with what went through them; the loopback is left out. @param netns - where it is mounted. */
async function readInterfaces(netns: string): Promise<Link[]> {
  const links = await withNamespace(netns, async (namespace) => {
    await using tables = Rtnetlink.open({ namespace });
    return tables.links();
  });
  return links.filter(({ loopback }) => !loopback);
}
