import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { LinuxContainerResourcesSchema } from '@kubewright/cri-sdk/v1';
import { Code } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';
import { checkResources, ociResources, oomScoreOf } from './linux-resources.js';

const most = BigInt(Number.MAX_SAFE_INTEGER);
const largest = 2n ** 63n - 1n;
const resources = (init: MessageInitShape<typeof LinuxContainerResourcesSchema>) =>
  create(LinuxContainerResourcesSchema, init);
const check = (init: MessageInitShape<typeof LinuxContainerResourcesSchema>) => () =>
  checkResources(resources(init), 'linux');

describe('checkResources', () => {
  const counts = ['cpuPeriod', 'cpuQuota', 'cpuShares', 'memoryLimitInBytes', 'memorySwapLimitInBytes'] as const;

  it.each(counts)('takes every integer of %s that arrives unchanged, and refuses the rest', (name) => {
    expect(check({ [name]: most })).not.toThrow();
    for (const value of [most + 1n, largest, -2n, -largest])
      expect(check({ [name]: value })).toThrow(expect.objectContaining({ status: Code.INVALID_ARGUMENT }));
  });

  it('takes -1 for no limit where there is one to take away', () => {
    expect(check({ cpuQuota: -1n, memoryLimitInBytes: -1n, memorySwapLimitInBytes: -1n })).not.toThrow();
    for (const name of ['cpuPeriod', 'cpuShares'] as const) expect(check({ [name]: -1n })).toThrow(/linux\.cpu_/);
    const { cpu, memory } = ociResources(resources({ cpuQuota: -1n, memoryLimitInBytes: -1n }), { hugePages: true });
    expect([cpu, memory]).toEqual([undefined, { limit: -1 }]);
  });

  it('refuses scores that the kernel does not have', () => {
    for (const oomScoreAdj of [-1000n, 1000n]) expect(check({ oomScoreAdj })).not.toThrow();
    for (const oomScoreAdj of [-1001n, 1001n, largest]) expect(check({ oomScoreAdj })).toThrow(/oom_score_adj/);
    expect(oomScoreOf(resources({ oomScoreAdj: -998n }), -5)).toBe(-5);
  });

  it('takes sizes of pages that are such, as they become names of files', () => {
    expect(check({ hugepageLimits: [{ pageSize: '64KB' }, { pageSize: '1GB', limit: most }] })).not.toThrow();
    for (const pageSize of ['', '2Mi', '2MB/../../memory', '2MB\n'])
      expect(check({ hugepageLimits: [{ pageSize, limit: 0n }] })).toThrow(/page_size/);
    expect(check({ hugepageLimits: [{ pageSize: '2MB', limit: 2n ** 64n - 1n }] })).toThrow(/limit/);
  });
});
