import { join } from 'node:path';
import { silentLogger } from '@kubewright/core';
import type { Clock, Logger } from '@kubewright/core';
import { Code, GrpcServer, GrpcService, GrpcStatusError } from '@kubewright/grpc';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { deviceErrors } from '../errors.js';
import { Registration } from '../generated/deviceplugin/v1beta1/deviceplugin_pb.js';
import type * as wire from '../generated/deviceplugin/v1beta1/deviceplugin_pb.js';
import type { Device } from '../device-plugin/device.js';
import { deviceApiVersion, kubeletSocket } from '../device-plugin/kubelet-registration.js';
import { Latest } from '../device-plugin/latest.js';
import { DeviceEndpoint } from './device-endpoint.js';

export interface DeviceManagerOptions {
  /** Where device plugins put their sockets and find ours. */
  readonly directory: string;
  readonly clock: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** The devices of all resources, by resource name. */
export type DeviceInventory = ReadonlyMap<string, readonly Device[]>;

/**
 * Takes registrations of device plugins, follows their devices, and calls them. Who holds which device is for its user
 * to keep count of. When a plugin goes, its devices stay known and are unhealthy, since containers may still use them.
 */
@GrpcService(Registration)
export class DeviceManager {
  readonly #options: DeviceManagerOptions;
  readonly #logger: Logger;
  readonly #server: GrpcServer;
  readonly #endpoints = new Map<string, DeviceEndpoint>();
  readonly #devices = new Map<string, readonly Device[]>();
  readonly #latest = new Latest<DeviceInventory>();

  constructor(options: DeviceManagerOptions) {
    const { directory, clock, logger = silentLogger } = options;
    this.#options = options;
    this.#logger = logger;
    this.#server = new GrpcServer({ address: join(directory, kubeletSocket), services: [this], clock, logger });
  }

  start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#server.start(options);
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.close()));
  }

  /** All devices as they are now. */
  get devices(): DeviceInventory {
    return new Map(this.#devices);
  }

  /** All devices, once some are known and after each change. Ends with the signal. */
  changes(signal: AbortSignal): AsyncIterable<DeviceInventory> {
    return this.#latest.values(signal);
  }

  /** The plugin that offers a resource now. @throws UNKNOWN_RESOURCE */
  endpoint(resource: string): DeviceEndpoint {
    const found = this.#endpoints.get(resource);
    if (found === undefined) throw deviceErrors.UNKNOWN_RESOURCE({ resource });
    return found;
  }

  /** Called by plugins. A plugin that registers again takes its predecessor's place. */
  async register(request: wire.RegisterRequest): Promise<MessageInitShape<typeof wire.EmptySchema>> {
    const { version, endpoint, resourceName, options } = request;
    if (version !== deviceApiVersion) {
      throw new GrpcStatusError(
        Code.INVALID_ARGUMENT,
        `version '${version}' is not spoken here: use ${deviceApiVersion}`,
      );
    }
    if (endpoint === '' || endpoint.includes('/') || !resourceName.includes('/')) {
      throw new GrpcStatusError(
        Code.INVALID_ARGUMENT,
        'endpoint has to be a file name, and resource_name as example.com/name',
      );
    }
    const { directory, clock } = this.#options;
    const earlier = this.#endpoints.get(resourceName);
    const made = new DeviceEndpoint(resourceName, { address: join(directory, endpoint), clock, options });
    this.#endpoints.set(resourceName, made);
    await earlier?.close();
    made.follow(
      (devices) => this.#publish(resourceName, devices),
      (error) => this.#lost(resourceName, made, error),
    );
    return {};
  }

  #publish(resource: string, devices: readonly Device[]): void {
    this.#devices.set(resource, devices);
    this.#latest.set(this.devices);
  }

  #lost(resource: string, endpoint: DeviceEndpoint, error: unknown): void {
    if (this.#endpoints.get(resource) !== endpoint) return;
    this.#endpoints.delete(resource);
    this.#logger.warn('a device plugin is gone', { resource, error });
    const left = this.#devices.get(resource) ?? [];
    this.#publish(
      resource,
      left.map((device) => ({ ...device, healthy: false })),
    );
    void endpoint.close();
  }
}
