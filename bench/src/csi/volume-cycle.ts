import { VolumeCapability_AccessMode_Mode as Mode } from '@kubewright/csi-sdk/v1';
import type { DriverProcess } from './driver-process.js';

const volumeCapability = {
  accessType: { case: 'mount', value: {} },
  accessMode: { mode: Mode.SINGLE_NODE_WRITER },
} as const;

export interface CycleResult {
  /** Calls of the four kinds per second, all together. */
  readonly callsPerSecond: number;
  /** The 99th percentile of NodePublishVolume, in milliseconds. */
  readonly publishP99: number;
}

/** Milliseconds of one call of a driver that does nothing for it, one after another: the median. */
export async function rpcOverhead({ client }: DriverProcess, calls: number): Promise<number> {
  const samples: number[] = [];
  for (let call = 0; call < calls; call++) samples.push(await timed(() => client.identity.probe({})));
  return percentile(samples, 0.5);
}

/** The whole life of volumes, `concurrency` of them at a time: create, publish, unpublish, delete. */
export async function volumeCycles(driver: DriverProcess, volumes: number, concurrency: number): Promise<CycleResult> {
  const publish: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < volumes) publish.push(await oneVolume(driver, `bench-${concurrency}-${next++}`));
  };
  const elapsed = await timed(() => Promise.all(Array.from({ length: concurrency }, worker)));
  const counted = publish.length * (driver.stages ? 6 : 4);
  return { callsPerSecond: (counted / elapsed) * 1000, publishP99: percentile(publish, 0.99) };
}

/** @returns how long publishing took, in milliseconds. */
async function oneVolume({ client, stages }: DriverProcess, name: string): Promise<number> {
  const { controller, node } = client;
  const { volume } = await controller.createVolume({ name, volumeCapabilities: [volumeCapability] });
  const volumeId = volume?.volumeId ?? '';
  const targetPath = `/tmp/kw-bench-target/${name}`;
  const stagingTargetPath = stages ? `/tmp/kw-bench-staging/${name}` : '';
  if (stages) await node.nodeStageVolume({ volumeId, stagingTargetPath, volumeCapability });
  const took = await timed(() => node.nodePublishVolume({ volumeId, stagingTargetPath, targetPath, volumeCapability }));
  await node.nodeUnpublishVolume({ volumeId, targetPath });
  if (stages) await node.nodeUnstageVolume({ volumeId, stagingTargetPath });
  await controller.deleteVolume({ volumeId });
  return took;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
