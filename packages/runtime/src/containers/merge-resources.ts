import type { LinuxContainerResources } from '@kubewright/cri-sdk/v1';

/** The limits of a container after an update, which leaves alone what it does not set: 0, empty. */
export function mergeResources(
  before: LinuxContainerResources | undefined,
  update: LinuxContainerResources,
): LinuxContainerResources {
  if (before === undefined) return update;
  return {
    ...before,
    cpuPeriod: update.cpuPeriod || before.cpuPeriod,
    cpuQuota: update.cpuQuota || before.cpuQuota,
    cpuShares: update.cpuShares || before.cpuShares,
    cpusetCpus: update.cpusetCpus || before.cpusetCpus,
    cpusetMems: update.cpusetMems || before.cpusetMems,
    memoryLimitInBytes: update.memoryLimitInBytes || before.memoryLimitInBytes,
    memorySwapLimitInBytes: update.memorySwapLimitInBytes || before.memorySwapLimitInBytes,
    oomScoreAdj: update.oomScoreAdj || before.oomScoreAdj,
    hugepageLimits: update.hugepageLimits.length > 0 ? update.hugepageLimits : before.hugepageLimits,
    unified: { ...before.unified, ...update.unified },
  };
}
