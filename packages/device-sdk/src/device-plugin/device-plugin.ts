/**
 * Device plugins: devices of a node as an extended resource of the kubelet. A plugin says which devices there are and
 * what a container that gets some of them needs; being found, being found again after a restart of the kubelet, and the
 * streams are done here.
 */
import { Clock, Logger, Plugin, inject } from '@kubewright/core';
import type { Lifecycle, StartContext } from '@kubewright/core';
import type { CallContext } from '@kubewright/grpc';
import { deviceErrors } from '../errors.js';
import type { Allocation, DeviceAllocator, PreferenceRequest } from './allocation.js';
import { checkDevices } from './device.js';
import type { Device } from './device.js';
import { DevicePluginService } from './device-plugin-service.js';
import { KubeletRegistration } from './kubelet-registration.js';
import { Latest } from './latest.js';

export interface DevicePluginSettings {
  /** The kubelet's directory for device plugins. Default: `/var/lib/kubelet/device-plugins`. */
  readonly directory?: string;
  /** The plugin's socket in that directory. Default: the resource's name with dashes, and `.sock`. */
  readonly socketName?: string;
}

const defaultDirectory = '/var/lib/kubelet/device-plugins';

/**
 * The base of a device plugin.
 *
 * ```ts
 * class Accelerators extends DevicePlugin {
 *   readonly resourceName = 'example.com/accelerator';
 *   async *devices(signal: AbortSignal) {
 *     for await (const found of watchAccelerators(signal)) yield found.map(({ serial, ok }) => ({ id: serial, healthy:
 * ok }));
 *   }
 *   async allocate(ids: readonly string[]) {
 *     return { cdiDevices: ids.map((id) => `example.com/accelerator=${id}`) };
 *   }
 * }
 * ```
 */
@Plugin({ name: 'device-plugin' })
export abstract class DevicePlugin implements DeviceAllocator, Lifecycle {
  /** A domain and a name, as `example.com/accelerator`. */
  abstract readonly resourceName: string;
  readonly settings: DevicePluginSettings = {};
  readonly #latest = new Latest<readonly Device[]>();
  #registration: KubeletRegistration | undefined;
  #watching: Promise<void> | undefined;

  constructor(
    @inject(Clock) protected readonly clock: Clock,
    @inject(Logger) protected readonly logger: Logger,
  ) {}

  /**
   * All devices, again after each change of any. A plugin whose devices never change yields once. Ends with the signal.
   */
  abstract devices(signal: AbortSignal): AsyncIterable<readonly Device[]>;

  /**
   * What a container needs to use these devices. They exist and are healthy; the kubelet keeps the count. May be
   * repeated.
   */
  abstract allocate(ids: readonly string[], context: CallContext): Promise<Allocation>;

  /** Which of several devices fit together best. The kubelet may choose others. */
  preferredDevices?(request: PreferenceRequest, context: CallContext): Promise<readonly string[]>;

  /** Called right before a container with these devices starts, as for a reset. It has 30 seconds. */
  preStartContainer?(ids: readonly string[], context: CallContext): Promise<void>;

  /** Resolves when the socket is served. The kubelet is told as soon as it is there. @throws INVALID_RESOURCE */
  async start({ signal, fail }: StartContext): Promise<void> {
    const { resourceName, clock, logger } = this;
    if (
      !/^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z0-9-]+\/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(
        resourceName,
      )
    ) {
      throw deviceErrors.INVALID_RESOURCE({ resource: resourceName });
    }
    const { directory = defaultDirectory, socketName = `${resourceName.replaceAll(/[^A-Za-z0-9.-]/g, '-')}.sock` } =
      this.settings;
    const service = new DevicePluginService(this, this.#latest);
    this.#registration = new KubeletRegistration({ directory, socketName, resourceName, service, clock, logger });
    await this.#registration.start();
    this.#watching = this.#follow(signal).catch((error: unknown) => {
      if (!signal.aborted) fail(error);
    });
  }

  async stop(): Promise<void> {
    await this.#registration?.stop();
    await this.#watching;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const devices of this.devices(signal)) {
      checkDevices(devices);
      this.#latest.set(devices);
      if (signal.aborted) return;
    }
  }
}
