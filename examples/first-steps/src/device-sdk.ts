import { Host, runUntilSignal } from '@kubewright/core';
import { DevicePlugin } from '@kubewright/device-sdk';
import type { Allocation, Device } from '@kubewright/device-sdk';

/** Two devices that are always well; a container that gets one finds its name in the environment. */
class Lamps extends DevicePlugin {
  readonly resourceName = 'example.com/lamp';

  override async *devices(): AsyncGenerator<readonly Device[]> {
    yield ['left', 'right'].map((id) => ({ id, healthy: true }));
  }

  override async allocate(ids: readonly string[]): Promise<Allocation> {
    return { envs: { LAMPS: ids.join(',') } };
  }
}

await runUntilSignal(new Host().use(Lamps));
