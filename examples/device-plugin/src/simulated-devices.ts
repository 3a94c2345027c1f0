import { Plugin } from '@kubewright/core';
import { DevicePlugin } from '@kubewright/device-sdk';
import type { Allocation, Device, DevicePluginSettings } from '@kubewright/device-sdk';

const count = 4;
/** Each device takes its turn at being broken for this long, in milliseconds. */
const turn = 30_000;

/**
 * Devices that exist only in the kubelet's books, one of which is always out of order. A container learns their names.
 */
@Plugin({ name: 'simulated-devices' })
export class SimulatedDevices extends DevicePlugin {
  readonly resourceName = 'example.com/simulated';
  override readonly settings: DevicePluginSettings = settingsOf(process.env.DEVICE_PLUGIN_DIRECTORY);

  override async *devices(signal: AbortSignal): AsyncGenerator<readonly Device[]> {
    for (let broken = 0; !signal.aborted; broken = (broken + 1) % count) {
      yield Array.from({ length: count }, (_, index) => ({ id: `sim-${index}`, healthy: index !== broken }));
      await this.clock.sleep(turn, signal).catch(() => undefined); // aborted: the loop ends
    }
  }

  override async allocate(ids: readonly string[]): Promise<Allocation> {
    return { envs: { SIMULATED_DEVICES: ids.join(',') } };
  }
}

function settingsOf(directory: string | undefined): DevicePluginSettings {
  return directory === undefined ? {} : { directory };
}
