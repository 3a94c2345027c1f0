/**
 * How a plugin makes itself known through the kubelet's plugin watcher: a socket in a directory that the kubelet
 * watches, on which it asks what this is and tells whether it took it.
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { silentLogger } from '@kubewright/core';
import type { Clock, Logger } from '@kubewright/core';
import { GrpcServer } from '../server/grpc-server.js';
import { GrpcService } from '../service/decorators.js';
import { Registration } from '../generated/pluginregistration/v1/pluginregistration_pb.js';
import type {
  PluginInfoSchema,
  RegistrationStatus,
  RegistrationStatusResponseSchema,
} from '../generated/pluginregistration/v1/pluginregistration_pb.js';

export { Registration };

/** Where the kubelet looks by default. */
export const registrationDirectory = '/var/lib/kubelet/plugins_registry';

export interface PluginDescription {
  readonly type: 'CSIPlugin' | 'DevicePlugin' | 'DRAPlugin';
  readonly name: string;
  /** The path of the plugin's own socket as the kubelet sees it. */
  readonly endpoint: string;
  /** What the kubelet compares with its own range for the type; for CSI `1.0.0`, not the version of the specification. */
  readonly supportedVersions: readonly string[];
}

export interface PluginRegistrarOptions {
  /** The registration socket's path. Its name must not begin with a dot, or the kubelet passes it over. */
  readonly socketPath: string;
  readonly plugin: PluginDescription;
  readonly clock: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
}

/**
 * Serves the registration socket. It stays for as long as the plugin runs: a kubelet that restarts looks through its
 * directory and asks again.
 */
@GrpcService(Registration)
export class PluginRegistrar {
  readonly #plugin: PluginDescription;
  readonly #logger: Logger;
  readonly #server: GrpcServer;

  constructor({ socketPath, plugin, clock, logger = silentLogger }: PluginRegistrarOptions) {
    this.#plugin = plugin;
    this.#logger = logger;
    this.#server = new GrpcServer({ address: socketPath, services: [this], clock, logger });
  }

  start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#server.start(options);
  }

  /** Takes the socket away, by which the kubelet sees that the plugin is gone. */
  stop(): Promise<void> {
    return this.#server.stop();
  }

  async getInfo(): Promise<MessageInitShape<typeof PluginInfoSchema>> {
    return { ...this.#plugin, supportedVersions: [...this.#plugin.supportedVersions] };
  }

  async notifyRegistrationStatus(
    status: RegistrationStatus,
  ): Promise<MessageInitShape<typeof RegistrationStatusResponseSchema>> {
    const { type, name } = this.#plugin;
    if (status.pluginRegistered) this.#logger.info('the kubelet registered the plugin', { type, name });
    else this.#logger.error('the kubelet refused the plugin', { type, name, reason: status.error });
    return {};
  }
}
