import { create } from '@bufbuild/protobuf';
import { LinuxContainerResourcesSchema } from '@kubewright/cri-sdk/v1';
import { describe, expect, it } from 'vitest';
import { mergeResources } from './merge-resources.js';

describe('mergeResources', () => {
  it('keeps what an update does not set', () => {
    const before = create(LinuxContainerResourcesSchema, {
      cpuShares: 512n,
      memoryLimitInBytes: 64n,
      unified: { 'memory.high': '1' },
    });
    const pinned = create(LinuxContainerResourcesSchema, { cpusetCpus: '0', unified: { 'cpu.weight': '2' } });
    expect(mergeResources(before, pinned)).toEqual({
      ...before,
      cpusetCpus: '0',
      unified: { 'memory.high': '1', 'cpu.weight': '2' },
    });
    const larger = create(LinuxContainerResourcesSchema, { memoryLimitInBytes: 128n });
    expect(mergeResources(before, larger)).toMatchObject({ cpuShares: 512n, memoryLimitInBytes: 128n });
    expect(mergeResources(undefined, larger)).toBe(larger);
    const scored = create(LinuxContainerResourcesSchema, { oomScoreAdj: 5n });
    expect(mergeResources(scored, larger)).toMatchObject({ oomScoreAdj: 5n });
    expect(mergeResources(before, scored)).toMatchObject({ oomScoreAdj: 5n });
  });
});
