import { Code, GrpcService, GrpcStatusError } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { DevicePlugin as Service } from '../generated/deviceplugin/v1beta1/deviceplugin_pb.js';
import type * as wire from '../generated/deviceplugin/v1beta1/deviceplugin_pb.js';
import type { DeviceAllocator } from './allocation.js';
import { deviceMessage } from './device.js';
import type { Device } from './device.js';
import type { Latest } from './latest.js';

/** What the kubelet calls, in terms of a plugin. */
@GrpcService(Service)
export class DevicePluginService {
  readonly #allocator: DeviceAllocator;
  readonly #devices: Latest<readonly Device[]>;

  constructor(allocator: DeviceAllocator, devices: Latest<readonly Device[]>) {
    this.#allocator = allocator;
    this.#devices = devices;
  }

  get options(): MessageInitShape<typeof wire.DevicePluginOptionsSchema> {
    return {
      preStartRequired: this.#allocator.preStartContainer !== undefined,
      getPreferredAllocationAvailable: this.#allocator.preferredDevices !== undefined,
    };
  }

  async getDevicePluginOptions(): Promise<MessageInitShape<typeof wire.DevicePluginOptionsSchema>> {
    return this.options;
  }

  /** The whole list now and after every change; the stream stays open until either side goes. */
  async *listAndWatch(
    _request: wire.Empty,
    { signal, draining }: CallContext,
  ): AsyncGenerator<MessageInitShape<typeof wire.ListAndWatchResponseSchema>> {
    for await (const devices of this.#devices.values(AbortSignal.any([signal, draining]))) {
      yield { devices: devices.map(deviceMessage) };
    }
  }

  async getPreferredAllocation(
    { containerRequests }: wire.PreferredAllocationRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof wire.PreferredAllocationResponseSchema>> {
    if (this.#allocator.preferredDevices === undefined) {
      throw new GrpcStatusError(Code.UNIMPLEMENTED, 'this plugin has no preferences');
    }
    const containerResponses = [];
    for (const { availableDeviceIDs, mustIncludeDeviceIDs, allocationSize } of containerRequests) {
      const wish = { available: availableDeviceIDs, mustInclude: mustIncludeDeviceIDs, size: allocationSize };
      containerResponses.push({ deviceIDs: [...(await this.#allocator.preferredDevices(wish, context))] });
    }
    return { containerResponses };
  }

  async allocate(
    { containerRequests }: wire.AllocateRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof wire.AllocateResponseSchema>> {
    const containerResponses = [];
    for (const { devicesIds } of containerRequests) {
      this.#requireUsable(devicesIds);
      const allocation = await this.#allocator.allocate(devicesIds, context);
      const { envs, mounts = [], devices = [], annotations, cdiDevices = [] } = allocation;
      containerResponses.push({
        envs: { ...envs },
        mounts: [...mounts],
        devices: [...devices],
        annotations: { ...annotations },
        cdiDevices: cdiDevices.map((name) => ({ name })),
      });
    }
    return { containerResponses };
  }

  async preStartContainer(
    { devicesIds }: wire.PreStartContainerRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof wire.PreStartContainerResponseSchema>> {
    this.#requireUsable(devicesIds);
    await this.#allocator.preStartContainer?.(devicesIds, context);
    return {};
  }

  #requireUsable(ids: readonly string[]): void {
    const known = new Map((this.#devices.value ?? []).map((device) => [device.id, device]));
    for (const id of ids) {
      const device = known.get(id);
      if (device === undefined) throw new GrpcStatusError(Code.NOT_FOUND, `there is no device '${id}'`);
      if (device.healthy === false) throw new GrpcStatusError(Code.FAILED_PRECONDITION, `device '${id}' is unhealthy`);
    }
  }
}
