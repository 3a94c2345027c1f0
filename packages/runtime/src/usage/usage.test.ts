import { describe, expect, it } from 'vitest';
import { devicesOf, unifiedDevice } from './cgroup-usage.js';
import type { CgroupUsage } from './cgroup-usage.js';
import { containerSamples, networkSamples } from './container-samples.js';
import type { ContainerFacts } from './container-samples.js';
import { commonLabels, labelsOf, metricTable } from './metric-table.js';
import { ProcessorRate } from './processor-rate.js';

const usage: CgroupUsage = {
  cpu: { total: 2_500_000_000n, user: 1_000_000_000n, system: 0n, periods: 4n, throttledPeriods: 1n, throttled: 0n },
  memory: {
    usage: 100n,
    workingSet: 90n,
    rss: 80n,
    cache: 20n,
    mappedFile: 10n,
    most: 120n,
    swap: undefined,
    kernel: undefined,
    limitHits: 3n,
    kills: 1n,
    pageFaults: 7n,
    majorPageFaults: 2n,
  },
  threads: 5n,
  mostThreads: undefined,
  io: unifiedDevice('254:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0'),
  hugePages: [{ size: '2MB', usage: 0n, most: 0n }],
  pressure: { cpu: { some: 3_000_000n, full: 0n }, memory: { some: 0n, full: 0n }, io: { some: 0n, full: 0n } },
};
const facts: ContainerFacts = {
  usage,
  processes: { processes: 2n, threads: 5n, files: 9n, sockets: 1n },
  openFilesLimit: 1024n,
  resources: undefined,
  fileSystem: { device: '/data', bytes: 1000n, inodes: 100n, freeInodes: 50n, used: 10n },
  startedAt: 5_999,
  now: 9_000,
};
const link = {
  name: 'eth0',
  statistics: {
    receivedPackets: 1n,
    sentPackets: 2n,
    receivedBytes: 3n,
    sentBytes: 4n,
    receiveErrors: 0n,
    sendErrors: 0n,
    receiveDropped: 0n,
    sendDropped: 0n,
  },
};

describe('metrics', () => {
  const samples = [...containerSamples(facts), ...networkSamples([link as never])];

  it('have a value for each label that they are described with', () => {
    for (const { name, labels = [] } of samples)
      expect([name, commonLabels.length + labels.length]).toEqual([name, labelsOf(name).length]);
  });

  it('are all there, but for what this machine or container does not have', () => {
    const found = new Set<string>(samples.map(({ name }) => name));
    expect(Object.keys(metricTable).filter((name) => !found.has(name))).toEqual(['container_spec_cpu_quota']);
  });

  it('count in full seconds', () => {
    const value = (wanted: string) => samples.find(({ name }) => name === wanted)?.value;
    expect(value('container_cpu_usage_seconds_total')).toBe(2n);
    expect(value('container_pressure_cpu_waiting_seconds_total')).toBe(3n);
    expect(value('container_start_time_seconds')).toBe(5n);
  });
});

describe('devicesOf', () => {
  it('joins bytes and counts of version 1, and leaves sums out', () => {
    const bytes = '254:0 Read 4096\n254:0 Write 0\n254:0 Sync 4096\nTotal 4096\n';
    expect(devicesOf(bytes, '254:0 Read 1\n')).toEqual([
      { major: '254', minor: '0', operation: 'Read', bytes: 4096n, count: 1n },
      { major: '254', minor: '0', operation: 'Write', bytes: 0n, count: 0n },
    ]);
  });
});

describe('ProcessorRate', () => {
  it('is what was used since the last look, and that of before where hardly any time went by', () => {
    const rate = new ProcessorRate();
    const second = 1_000_000_000n;
    expect(rate.of('a', 5n * second, 0n)).toBe(0n);
    expect(rate.of('a', 6n * second, 2n * second)).toBe(second / 2n);
    expect(rate.of('a', 9n * second, 2n * second + 1n)).toBe(second / 2n);
    expect(rate.of('a', second, 3n * second)).toBe(0n);
  });
});
