/**
 * The kubelet's side: finding plugins, and calling device plugins. It is what a node agent is built on, and what tests
 * of plugins run against. Neighbours: `device-plugin` and `PluginRegistrar` of grpc are the other ends.
 */
import type { Clock } from '@kubewright/core';
import { createClient } from '@kubewright/grpc';
import type { CallOptions, GrpcClient } from '@kubewright/grpc';
import { deviceErrors } from '../errors.js';
import { DevicePlugin as Service } from '../generated/deviceplugin/v1beta1/deviceplugin_pb.js';
import type * as wire from '../generated/deviceplugin/v1beta1/deviceplugin_pb.js';
import { deviceOf } from '../device-plugin/device.js';
import type { Device } from '../device-plugin/device.js';

/** How long a plugin has before a container starts, in milliseconds; the kubelet's own figure. */
const preStartDeadline = 30_000;

export interface DeviceEndpointOptions {
  readonly address: string;
  readonly clock: Clock;
  /** What the plugin said about itself when it registered. */
  readonly options?: wire.DevicePluginOptions | undefined;
}

/** One device plugin as the kubelet sees it. */
export class DeviceEndpoint {
  readonly resource: string;
  readonly #client: GrpcClient<typeof Service> & Disposable;
  readonly #options: wire.DevicePluginOptions | undefined;
  readonly #closing = new AbortController();
  #following: Promise<void> | undefined;

  constructor(resource: string, { address, clock, options }: DeviceEndpointOptions) {
    this.resource = resource;
    this.#client = createClient(Service, { address, clock });
    this.#options = options;
  }

  /** Reads the plugin's devices until it goes or `close` is called. */
  follow(onDevices: (devices: readonly Device[]) => void, onLost: (error: unknown) => void): void {
    this.#following = this.#read(onDevices, onLost);
  }

  /** What a container with these devices gets. */
  async allocate(ids: readonly string[], options: CallOptions = {}): Promise<wire.ContainerAllocateResponse> {
    const { containerResponses } = await this.#client.allocate(
      { containerRequests: [{ devicesIds: [...ids] }] },
      options,
    );
    const [response] = containerResponses;
    if (response !== undefined) return response;
    throw deviceErrors.WRONG_ANSWER({ resource: this.resource, reason: 'it has no entry for the container' });
  }

  /**
   * The plugin's choice; undefined where it has no preference. A choice that breaks the request's terms is an error.
   */
  async preferred(
    request: { readonly available: readonly string[]; readonly mustInclude: readonly string[]; readonly size: number },
    options: CallOptions = {},
  ): Promise<readonly string[] | undefined> {
    if (this.#options?.getPreferredAllocationAvailable !== true) return undefined;
    const { available, mustInclude, size } = request;
    const wanted = { availableDeviceIDs: [...available], mustIncludeDeviceIDs: [...mustInclude], allocationSize: size };
    const { containerResponses } = await this.#client.getPreferredAllocation({ containerRequests: [wanted] }, options);
    const chosen = containerResponses[0]?.deviceIDs ?? [];
    const fits = chosen.length === size && new Set(chosen).size === size;
    if (fits && chosen.every((id) => available.includes(id)) && mustInclude.every((id) => chosen.includes(id)))
      return chosen;
    throw deviceErrors.WRONG_ANSWER({
      resource: this.resource,
      reason: `it prefers [${chosen.join(', ')}] for ${size} devices`,
    });
  }

  /** To be called before a container with these devices starts; does nothing where the plugin did not ask for it. */
  async preStart(ids: readonly string[], options: CallOptions = {}): Promise<void> {
    if (this.#options?.preStartRequired !== true) return;
    await this.#client.preStartContainer({ devicesIds: [...ids] }, { deadline: preStartDeadline, ...options });
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the device plugin is no longer followed'));
    this.#client[Symbol.dispose]();
    await this.#following;
  }

  async #read(onDevices: (devices: readonly Device[]) => void, onLost: (error: unknown) => void): Promise<void> {
    const { signal } = this.#closing;
    let reason: unknown = new Error('the plugin ended its stream');
    try {
      for await (const { devices } of this.#client.listAndWatch({}, { signal })) onDevices(devices.map(deviceOf));
    } catch (error) {
      reason = error;
    }
    if (!signal.aborted) onLost(reason);
  }
}
