import type { DeepReadonly } from '@kubewright/api';
import type { Pod, PodStatus } from '@kubewright/api/core/v1';
import { podStatus, stageOf } from '@kubewright/node';
import type { RuntimeNames } from '@kubewright/node';

const names: RuntimeNames = {
  container: (name, restarts) => `example://${name}-${restarts}`,
  image: (image) => `example://${image}`,
};

/** What a node says of a Pod at a time, in milliseconds since the epoch. */
export function statusAt(pod: DeepReadonly<Pod>, now: number): PodStatus {
  const { stage } = stageOf(pod);
  return podStatus(pod, stage, { podIp: '10.244.0.2', hostIp: '192.0.2.1', names }, now);
}
