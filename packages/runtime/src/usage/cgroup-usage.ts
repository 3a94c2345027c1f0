/**
 * What pods and containers use, as statistics and as metrics. Neighbours: `containers` and `sandboxes` say what there is,
 * `cri` answers with it.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupLayout } from '@kubewright/linux';

/** What the processes of a control group use. What this machine does not count is undefined. */
export interface CgroupUsage {
  readonly cpu: {
    /** Nanoseconds. */
    readonly total: bigint;
    readonly user: bigint | undefined;
    readonly system: bigint | undefined;
    /** Periods of a limit, those in which it was met, and nanoseconds that were waited for their end. */
    readonly periods: bigint;
    readonly throttledPeriods: bigint;
    readonly throttled: bigint;
  };
  readonly memory: {
    /** Bytes. */
    readonly usage: bigint;
    /** What cannot be dropped at once: all but the file cache that nobody used lately. */
    readonly workingSet: bigint;
    readonly rss: bigint;
    readonly cache: bigint;
    readonly mappedFile: bigint;
    readonly most: bigint | undefined;
    readonly swap: bigint | undefined;
    readonly kernel: bigint | undefined;
    /** How often the limit was met, and how often a process was killed for it. */
    readonly limitHits: bigint;
    readonly kills: bigint;
    readonly pageFaults: bigint;
    readonly majorPageFaults: bigint;
  };
  /** Threads. */
  readonly threads: bigint | undefined;
  /** Undefined for no limit. */
  readonly mostThreads: bigint | undefined;
  readonly io: readonly DeviceUsage[];
  readonly hugePages: readonly HugePages[];
  readonly pressure: Readonly<Partial<Record<'cpu' | 'memory' | 'io', Pressure>>>;
}

export interface DeviceUsage {
  readonly major: string;
  readonly minor: string;
  readonly operation: 'Read' | 'Write';
  readonly bytes: bigint;
  readonly count: bigint;
}

/** Bytes of huge pages of one size; version 2 does not say how many there were at most. */
export interface HugePages {
  /** As `2MB`. */
  readonly size: string;
  readonly usage: bigint;
  readonly most: bigint | undefined;
}

/** Microseconds in which some, or all, processes waited. */
export interface Pressure {
  readonly some: bigint;
  readonly full: bigint;
}

/** Nanoseconds of a tick in which version 1 counts: USER_HZ is 100 on all machines that Linux has. */
const tick = 10_000_000n;

/** Reads what a group uses. @throws errors of the file system where the group is gone. */
export async function readCgroup(layout: CgroupLayout, path: string): Promise<CgroupUsage> {
  return layout.version === 'v2'
    ? readUnified(join(layout.unified ?? '/sys/fs/cgroup', path))
    : readControllers((controller) => join(layout.controllers.get(controller) ?? '/sys/fs/cgroup', path));
}

async function readUnified(directory: string): Promise<CgroupUsage> {
  const text = (file: string): Promise<string> => readFile(join(directory, file), 'utf8').catch(() => '');
  const [cpu, stat, events, io] = await Promise.all(['cpu.stat', 'memory.stat', 'memory.events', 'io.stat'].map(text));
  const usage = BigInt(await readFile(join(directory, 'memory.current'), 'utf8'));
  const threads = await text('pids.current');
  const pressure = async (name: string): Promise<Pressure | undefined> => pressureOf(await text(`${name}.pressure`));
  const pressures = { cpu: await pressure('cpu'), memory: await pressure('memory'), io: await pressure('io') };
  return {
    cpu: {
      total: counter(cpu, 'usage_usec') * 1000n,
      user: counter(cpu, 'user_usec') * 1000n,
      system: counter(cpu, 'system_usec') * 1000n,
      periods: counter(cpu, 'nr_periods'),
      throttledPeriods: counter(cpu, 'nr_throttled'),
      throttled: counter(cpu, 'throttled_usec') * 1000n,
    },
    memory: {
      usage,
      workingSet: less(usage, counter(stat, 'inactive_file')),
      rss: counter(stat, 'anon'),
      cache: counter(stat, 'file'),
      mappedFile: counter(stat, 'file_mapped'),
      most: number(await text('memory.peak')),
      swap: number(await text('memory.swap.current')),
      kernel: counter(stat, 'kernel'),
      limitHits: counter(events, 'max'),
      kills: counter(events, 'oom_kill'),
      pageFaults: counter(stat, 'pgfault'),
      majorPageFaults: counter(stat, 'pgmajfault'),
    },
    threads: number(threads),
    mostThreads: number(await text('pids.max')),
    io: (io ?? '').split('\n').flatMap(unifiedDevice),
    hugePages: await readHugePages(directory, 'current'),
    pressure: Object.fromEntries(Object.entries(pressures).filter(([, value]) => value !== undefined)),
  };
}

async function readControllers(directory: (controller: string) => string): Promise<CgroupUsage> {
  const text = (controller: string, file: string): Promise<string> =>
    readFile(join(directory(controller), file), 'utf8').catch(() => '');
  const total = BigInt(await readFile(join(directory('cpuacct'), 'cpuacct.usage'), 'utf8'));
  const usage = BigInt(await readFile(join(directory('memory'), 'memory.usage_in_bytes'), 'utf8'));
  const [times, cpu, stat, out] = await Promise.all([
    text('cpuacct', 'cpuacct.stat'),
    text('cpu', 'cpu.stat'),
    text('memory', 'memory.stat'),
    text('memory', 'memory.oom_control'),
  ]);
  const [bytes, counts] = await Promise.all([
    text('blkio', 'blkio.throttle.io_service_bytes_recursive'),
    text('blkio', 'blkio.throttle.io_serviced_recursive'),
  ]);
  return {
    cpu: {
      total,
      user: counter(times, 'user') * tick,
      system: counter(times, 'system') * tick,
      periods: counter(cpu, 'nr_periods'),
      throttledPeriods: counter(cpu, 'nr_throttled'),
      throttled: counter(cpu, 'throttled_time'),
    },
    memory: {
      usage,
      workingSet: less(usage, counter(stat, 'total_inactive_file')),
      rss: counter(stat, 'total_rss'),
      cache: counter(stat, 'total_cache'),
      mappedFile: counter(stat, 'total_mapped_file'),
      most: number(await text('memory', 'memory.max_usage_in_bytes')),
      swap: counter(stat, 'total_swap'),
      kernel: number(await text('memory', 'memory.kmem.usage_in_bytes')),
      limitHits: number(await text('memory', 'memory.failcnt')) ?? 0n,
      kills: counter(out, 'oom_kill'),
      pageFaults: counter(stat, 'total_pgfault'),
      majorPageFaults: counter(stat, 'total_pgmajfault'),
    },
    threads: number(await text('pids', 'pids.current')),
    mostThreads: number(await text('pids', 'pids.max')),
    io: devicesOf(bytes, counts),
    hugePages: await readHugePages(directory('hugetlb'), 'usage_in_bytes', 'max_usage_in_bytes'),
    pressure: {},
  };
}

async function readHugePages(directory: string, current: string, most = ''): Promise<HugePages[]> {
  const value = async (file: string): Promise<bigint | undefined> =>
    number(await readFile(join(directory, file), 'utf8').catch(() => ''));
  const names = (await readdir(directory).catch(() => [])).map((name) => name.split('.'));
  const sizes = names.flatMap(([kind, size, file]) => (kind === 'hugetlb' && size && file === current ? [size] : []));
  return Promise.all(
    sizes.map(async (size) => ({
      size,
      usage: (await value(`hugetlb.${size}.${current}`)) ?? 0n,
      most: await value(`hugetlb.${size}.${most}`),
    })),
  );
}

/** The value of a line `name value`; 0 where there is none. */
function counter(text: string | undefined, name: string): bigint {
  return BigInt(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? 0);
}

/** A file with one number; undefined for `max` and for a file that is not there. */
function number(text: string): bigint | undefined {
  return /^\d+\s*$/.test(text) ? BigInt(text.trim()) : undefined;
}

function less(from: bigint, what: bigint): bigint {
  return from > what ? from - what : 0n;
}

/** @internal A line of io.stat, as `254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
export function unifiedDevice(line: string): DeviceUsage[] {
  const [, major = '', minor = '', rest = ''] = /^(\d+):(\d+) (.*)$/.exec(line) ?? [];
  const value = (name: string): bigint => BigInt(new RegExp(`\\b${name}=(\\d+)`).exec(rest)?.[1] ?? 0);
  if (major === '') return [];
  return [
    { major, minor, operation: 'Read', bytes: value('rbytes'), count: value('rios') },
    { major, minor, operation: 'Write', bytes: value('wbytes'), count: value('wios') },
  ];
}

/** @internal Lines as `254:0 Read 4096` of version 1, for bytes and for how often. */
export function devicesOf(bytes: string, counts: string): DeviceUsage[] {
  const lines = bytes.matchAll(/^(\d+):(\d+) (Read|Write) (\d+)$/gm);
  return [...lines].map(([, major = '', minor = '', operation, amount = '0']) => ({
    major,
    minor,
    operation: operation === 'Read' ? 'Read' : 'Write',
    bytes: BigInt(amount),
    count: counter(counts, `${major}:${minor} ${operation}`),
  }));
}

function pressureOf(text: string): Pressure | undefined {
  const total = (kind: string): bigint | undefined => {
    const found = new RegExp(`^${kind} .*\\btotal=(\\d+)$`, 'm').exec(text)?.[1];
    return found === undefined ? undefined : BigInt(found);
  };
  const some = total('some');
  return some === undefined ? undefined : { some, full: total('full') ?? 0n };
}
