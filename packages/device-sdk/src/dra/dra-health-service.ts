import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Clock } from '@kubewright/core';
import { GrpcService } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import { DRAResourceHealth, HealthStatus } from '../generated/dra/health/v1alpha1/health_pb.js';
import type * as wire from '../generated/dra/health/v1alpha1/health_pb.js';

/** The health of one device. */
export interface DeviceHealth {
  readonly poolName: string;
  readonly deviceName: string;
  readonly health: 'unknown' | 'healthy' | 'unhealthy';
  /** At most 1024 characters, for people. */
  readonly message?: string;
}

const longestMessage = 1024;
const statuses = {
  unknown: HealthStatus.UNKNOWN,
  healthy: HealthStatus.HEALTHY,
  unhealthy: HealthStatus.UNHEALTHY,
} as const;

/** Streams the health of a driver's devices to the kubelet. */
@GrpcService(DRAResourceHealth)
export class DraHealthService {
  readonly #watch: (signal: AbortSignal) => AsyncIterable<readonly DeviceHealth[]>;
  readonly #clock: Clock;

  constructor(watch: (signal: AbortSignal) => AsyncIterable<readonly DeviceHealth[]>, clock: Clock) {
    this.#watch = watch;
    this.#clock = clock;
  }

  async *nodeWatchResources(
    _request: wire.NodeWatchResourcesRequest,
    { signal, draining }: CallContext,
  ): AsyncGenerator<MessageInitShape<typeof wire.NodeWatchResourcesResponseSchema>> {
    const ended = AbortSignal.any([signal, draining]);
    for await (const devices of this.#watch(ended)) {
      if (ended.aborted) return;
      const lastUpdatedTime = BigInt(Math.floor(this.#clock.now() / 1000));
      yield { devices: devices.map((device) => ({ ...wireHealth(device), lastUpdatedTime })) };
    }
  }
}

function wireHealth(device: DeviceHealth): MessageInitShape<typeof wire.DeviceHealthSchema> {
  const { poolName, deviceName, health, message = '' } = device;
  return { device: { poolName, deviceName }, health: statuses[health], message: message.slice(0, longestMessage) };
}
