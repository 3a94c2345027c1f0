import type { LinuxContainerResources } from '@kubewright/cri-sdk/v1';
import type { Link } from '@kubewright/linux';
import type { CgroupUsage } from './cgroup-usage.js';
import type { MetricName } from './metric-table.js';
import type { ProcessUsage } from './process-usage.js';

/** One value of a metric, with the values of its own labels. */
export interface Sample {
  readonly name: MetricName;
  readonly labels?: readonly string[];
  readonly value: bigint;
}

/** What is known of a running container. */
export interface ContainerFacts {
  readonly usage: CgroupUsage;
  readonly processes: ProcessUsage;
  readonly openFilesLimit: bigint | undefined;
  readonly resources: LinuxContainerResources | undefined;
  readonly fileSystem: {
    readonly device: string;
    readonly bytes: bigint;
    readonly inodes: bigint;
    readonly freeInodes: bigint;
    readonly used: bigint;
  };
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly now: number;
}

const second = 1_000_000_000n;

/** What a control group has unless told otherwise. */
const defaultPeriod = 100_000n;
const defaultShares = 1024n;

/** The metrics of a container. Pure. What this machine does not count is left out. */
export function containerSamples(facts: ContainerFacts): Sample[] {
  return [
    ...processorSamples(facts),
    ...memorySamples(facts),
    ...diskSamples(facts),
    ...processSamples(facts),
    ...pressureSamples(facts),
  ].filter((sample): sample is Sample => sample.value !== undefined);
}

interface MaybeSample extends Omit<Sample, 'value'> {
  readonly value: bigint | undefined;
}

function one(name: MetricName, value: bigint | undefined, ...labels: string[]): MaybeSample {
  return { name, value, labels };
}

function seconds(nanoseconds: bigint | undefined): bigint | undefined {
  return nanoseconds === undefined ? undefined : nanoseconds / second;
}

function processorSamples({ usage: { cpu }, resources }: ContainerFacts): MaybeSample[] {
  const quota = resources?.cpuQuota ?? 0n;
  return [
    one('container_cpu_usage_seconds_total', seconds(cpu.total), 'total'),
    one('container_cpu_user_seconds_total', seconds(cpu.user)),
    one('container_cpu_system_seconds_total', seconds(cpu.system)),
    one('container_cpu_cfs_periods_total', cpu.periods),
    one('container_cpu_cfs_throttled_periods_total', cpu.throttledPeriods),
    one('container_cpu_cfs_throttled_seconds_total', seconds(cpu.throttled)),
    one('container_spec_cpu_period', resources?.cpuPeriod || defaultPeriod),
    one('container_spec_cpu_quota', quota > 0n ? quota : undefined),
    one('container_spec_cpu_shares', resources?.cpuShares || defaultShares),
  ];
}

function memorySamples({ usage: { memory, hugePages }, resources }: ContainerFacts): MaybeSample[] {
  return [
    one('container_memory_cache', memory.cache),
    one('container_memory_failcnt', memory.limitHits),
    ...['container', 'hierarchy'].flatMap((scope) => [
      one('container_memory_failures_total', memory.pageFaults, 'pgfault', scope),
      one('container_memory_failures_total', memory.majorPageFaults, 'pgmajfault', scope),
    ]),
    one('container_memory_kernel_usage', memory.kernel ?? 0n),
    one('container_memory_mapped_file', memory.mappedFile),
    one('container_memory_max_usage_bytes', memory.most ?? memory.usage),
    one('container_memory_rss', memory.rss),
    one('container_memory_swap', memory.swap ?? 0n),
    one('container_memory_usage_bytes', memory.usage),
    one('container_memory_working_set_bytes', memory.workingSet),
    ...hugePages.flatMap(({ size, usage, most }) => [
      one('container_hugetlb_usage_bytes', usage, size),
      one('container_hugetlb_max_usage_bytes', most, size),
    ]),
    one('container_oom_events_total', memory.kills),
    one('container_spec_memory_limit_bytes', resources?.memoryLimitInBytes ?? 0n),
    one('container_spec_memory_reservation_limit_bytes', 0n),
    one('container_spec_memory_swap_limit_bytes', resources?.memorySwapLimitInBytes ?? 0n),
  ];
}

function diskSamples({ usage: { io }, fileSystem }: ContainerFacts): MaybeSample[] {
  const { device } = fileSystem;
  return [
    one('container_fs_inodes_free', fileSystem.freeInodes, device),
    one('container_fs_inodes_total', fileSystem.inodes, device),
    one('container_fs_limit_bytes', fileSystem.bytes, device),
    one('container_fs_usage_bytes', fileSystem.used, device),
    ...io.flatMap(({ major, minor, operation, bytes, count }) => {
      const name = `${major}:${minor}`;
      const reads = operation === 'Read';
      return [
        one('container_blkio_device_usage_total', bytes, name, major, minor, operation),
        one(reads ? 'container_fs_reads_bytes_total' : 'container_fs_writes_bytes_total', bytes, name),
        one(reads ? 'container_fs_reads_total' : 'container_fs_writes_total', count, name),
      ];
    }),
  ];
}

function processSamples({ usage, processes, openFilesLimit, startedAt, now }: ContainerFacts): MaybeSample[] {
  return [
    one('container_file_descriptors', processes.files),
    one('container_sockets', processes.sockets),
    one('container_processes', processes.processes),
    one('container_threads', usage.threads ?? processes.threads),
    one('container_threads_max', usage.mostThreads ?? 0n),
    one('container_ulimits_soft', openFilesLimit, 'max_open_files'),
    one('container_start_time_seconds', BigInt(Math.floor(startedAt / 1000))),
    one('container_last_seen', BigInt(Math.floor(now / 1000))),
  ];
}

function pressureSamples({ usage: { pressure } }: ContainerFacts): MaybeSample[] {
  const whole = (microseconds: bigint | undefined): bigint | undefined => seconds((microseconds ?? 0n) * 1000n);
  return (['cpu', 'io', 'memory'] as const).flatMap((kind) => {
    const found = pressure[kind];
    if (found === undefined) return [];
    return [
      one(`container_pressure_${kind}_waiting_seconds_total`, whole(found.some)),
      one(`container_pressure_${kind}_stalled_seconds_total`, whole(found.full)),
    ];
  });
}

/** The metrics of a pod's interfaces. Pure. */
export function networkSamples(links: readonly Link[]): Sample[] {
  return links.flatMap(({ name, statistics }) => {
    if (statistics === undefined) return [];
    const labels = [name];
    return [
      { name: 'container_network_receive_bytes_total', labels, value: statistics.receivedBytes },
      { name: 'container_network_receive_errors_total', labels, value: statistics.receiveErrors },
      { name: 'container_network_receive_packets_dropped_total', labels, value: statistics.receiveDropped },
      { name: 'container_network_receive_packets_total', labels, value: statistics.receivedPackets },
      { name: 'container_network_transmit_bytes_total', labels, value: statistics.sentBytes },
      { name: 'container_network_transmit_errors_total', labels, value: statistics.sendErrors },
      { name: 'container_network_transmit_packets_dropped_total', labels, value: statistics.sendDropped },
      { name: 'container_network_transmit_packets_total', labels, value: statistics.sentPackets },
    ];
  });
}
