import type { LinuxContainerResources } from '@kubewright/cri-sdk/v1';
import { invalidArgument } from '@kubewright/grpc';
import type { OciResources } from './spec.js';

/** What can be asked for: -1 takes a limit away, 0 says nothing, and both ends of the score are the kernel's. */
const ranges = {
  cpu_period: { least: 0n, of: ({ cpuPeriod }) => cpuPeriod },
  cpu_quota: { least: -1n, of: ({ cpuQuota }) => cpuQuota },
  cpu_shares: { least: 0n, of: ({ cpuShares }) => cpuShares },
  memory_limit_in_bytes: { least: -1n, of: ({ memoryLimitInBytes }) => memoryLimitInBytes },
  memory_swap_limit_in_bytes: { least: -1n, of: ({ memorySwapLimitInBytes }) => memorySwapLimitInBytes },
  oom_score_adj: { least: -1000n, most: 1000n, of: ({ oomScoreAdj }) => oomScoreAdj },
} satisfies Readonly<Record<string, Range>>;

interface Range {
  readonly least: bigint;
  readonly most?: bigint;
  readonly of: (resources: LinuxContainerResources) => bigint;
}

/** The greatest integer that a JSON document carries unchanged to every reader; no machine has as much memory. */
const mostExact = BigInt(Number.MAX_SAFE_INTEGER);

/** @param field - where in a request the limits are. @throws INVALID_ARGUMENT for what could not be set as it is asked for */
export function checkResources(resources: LinuxContainerResources, field: string): void {
  for (const [name, range] of Object.entries(ranges)) checkRange(range.of(resources), range, `${field}.${name}`);
  for (const [index, { pageSize, limit }] of resources.hugepageLimits.entries()) {
    const at = `${field}.hugepage_limits[${index}]`;
    // It becomes a part of the name of a file.
    if (!/^\d+[KMGT]?B$/.test(pageSize))
      throw invalidArgument({ field: `${at}.page_size`, reason: `is no size of a page, as 2MB: '${pageSize}'` });
    checkRange(limit, { least: 0n }, `${at}.limit`);
  }
}

function checkRange(value: bigint, { least, most = mostExact }: Omit<Range, 'of'>, field: string): void {
  if (value < least || value > most)
    throw invalidArgument({ field, reason: `must be from ${least} to ${most}: ${value}` });
}

/**
 * Limits in OCI's terms, of resources that were checked; what is 0 is not limited, and a quota of -1 neither: to take one away
 * from what runs is more than this says. Kubelets limit huge pages on machines that
 * cannot, too: that is left out.
 */
export function ociResources(
  resources: LinuxContainerResources | undefined,
  { hugePages }: { readonly hugePages: boolean },
): Omit<OciResources, 'devices'> {
  if (resources === undefined) return {};
  const {
    cpuShares,
    cpuQuota,
    cpuPeriod,
    cpusetCpus,
    cpusetMems,
    memoryLimitInBytes,
    memorySwapLimitInBytes,
    hugepageLimits,
    unified,
  } = resources;
  const cpu = {
    ...(cpuShares !== 0n && { shares: Number(cpuShares) }),
    // None is the default, and crun makes of -1 on version 1 a number that the kernel refuses.
    ...(cpuQuota > 0n && { quota: Number(cpuQuota) }),
    ...(cpuPeriod !== 0n && { period: Number(cpuPeriod) }),
    ...(cpusetCpus !== '' && { cpus: cpusetCpus }),
    ...(cpusetMems !== '' && { mems: cpusetMems }),
  };
  const memory = {
    ...(memoryLimitInBytes !== 0n && { limit: Number(memoryLimitInBytes) }),
    ...(memorySwapLimitInBytes !== 0n && { swap: Number(memorySwapLimitInBytes) }),
  };
  return {
    ...(Object.keys(cpu).length > 0 && { cpu }),
    ...(Object.keys(memory).length > 0 && { memory }),
    // Of these 0 is a limit: a pod that asks for none gets none.
    ...(hugePages &&
      hugepageLimits.length > 0 && {
        hugepageLimits: hugepageLimits.map(({ pageSize, limit }) => ({ pageSize, limit: Number(limit) })),
      }),
    ...(Object.keys(unified).length > 0 && { unified }),
  };
}

/** The score of a container's processes. @param lowest - the lowest one that this runtime may set */
export function oomScoreOf(resources: LinuxContainerResources | undefined, lowest: number): number {
  return Math.max(Number(resources?.oomScoreAdj ?? 0n), lowest);
}
