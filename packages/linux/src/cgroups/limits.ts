/** What a group may use. Absent: not changed. */
export interface CgroupLimits {
  /** Bytes. */
  readonly memory?: number | 'max';
  /** Weight against others, in the shares of version 1: 1024 is one processor's worth, 2 the least. */
  readonly cpuShares?: number;
  /** Microseconds of processor time in each period. */
  readonly cpuQuota?: number | 'max';
  /** Microseconds. Default: 100000. */
  readonly cpuPeriod?: number;
  readonly pids?: number | 'max';
  /** Processors, as `0-3,7`. */
  readonly cpuset?: string;
}

/** A value to write, and the controller whose file it is. */
export interface CgroupWrite {
  readonly controller: 'memory' | 'cpu' | 'pids' | 'cpuset';
  readonly file: string;
  readonly value: string;
}

const defaultPeriod = 100_000;

/** The files that set `limits`. Pure; the order matters where one file checks another. */
export function limitWrites(limits: CgroupLimits, unified: boolean): CgroupWrite[] {
  const writes: CgroupWrite[] = [];
  const add = (controller: CgroupWrite['controller'], file: string, value: string | number): void => {
    writes.push({ controller, file, value: String(value) });
  };
  const { memory, cpuShares, cpuQuota, cpuPeriod, pids, cpuset } = limits;
  if (memory !== undefined) {
    if (unified) add('memory', 'memory.max', memory);
    else add('memory', 'memory.limit_in_bytes', memory === 'max' ? -1 : memory);
  }
  if (cpuShares !== undefined) {
    if (unified) add('cpu', 'cpu.weight', sharesToWeight(cpuShares));
    else add('cpu', 'cpu.shares', cpuShares);
  }
  if (cpuQuota !== undefined || cpuPeriod !== undefined) {
    const period = cpuPeriod ?? defaultPeriod;
    if (unified) add('cpu', 'cpu.max', `${cpuQuota ?? 'max'} ${period}`);
    else {
      add('cpu', 'cpu.cfs_period_us', period);
      add('cpu', 'cpu.cfs_quota_us', cpuQuota === undefined || cpuQuota === 'max' ? -1 : cpuQuota);
    }
  }
  if (pids !== undefined) add('pids', 'pids.max', pids);
  if (cpuset !== undefined) add('cpuset', 'cpuset.cpus', cpuset);
  return writes;
}

/** Version 2 weighs from 1 to 10000, version 1 from 2 to 262144: the straight line between, as runtimes agree on it. */
export function sharesToWeight(shares: number): number {
  const bounded = Math.min(Math.max(shares, 2), 262_144);
  return 1 + Math.floor(((bounded - 2) * 9999) / 262_142);
}

/** Reads a file of `name value` lines, such as `memory.events`. */
export function parseCounters(text: string): ReadonlyMap<string, number> {
  const counters = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name, value] = line.split(' ');
    if (name !== undefined && name !== '' && value !== undefined) counters.set(name, Number(value));
  }
  return counters;
}
