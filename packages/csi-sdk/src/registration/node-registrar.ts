/**
 * How a driver makes itself known to the kubelet: a second socket in a directory that the kubelet watches, on which it
 * asks what this is and tells whether it took it. It replaces the node-driver-registrar sidecar.
 */
import { join } from 'node:path';
import type { Clock, Logger } from '@kubewright/core';
import { silentLogger } from '@kubewright/core';
import { GrpcServer, GrpcService } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import type {
  InfoRequest,
  PluginInfoSchema,
  RegistrationStatus,
  RegistrationStatusResponseSchema,
} from '../generated/pluginregistration/v1/pluginregistration_pb.js';
import { Registration } from '../generated/pluginregistration/v1/pluginregistration_pb.js';
import type { Reply } from '../services/reply.js';

const defaultDirectory = '/var/lib/kubelet/plugins_registry';
/** The version that the kubelet compares with its own range; not that of the CSI specification. */
const supportedVersions = ['1.0.0'];

export interface NodeRegistrarOptions {
  /** The driver's name. */
  readonly name: string;
  /** The path of the driver's socket as the kubelet sees it. */
  readonly endpoint: string;
  /** Default: `/var/lib/kubelet/plugins_registry`. */
  readonly directory?: string;
  readonly clock: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
}

/**
 * Serves the registration socket. It stays for as long as the driver runs: a kubelet that restarts looks through its
 * directory and asks again.
 */
@GrpcService(Registration)
export class NodeRegistrar {
  readonly #options: NodeRegistrarOptions;
  readonly #logger: Logger;
  readonly #server: GrpcServer;
  #registered: boolean | undefined;

  constructor(options: NodeRegistrarOptions) {
    const { name, clock, logger = silentLogger, directory = defaultDirectory } = options;
    this.#options = options;
    this.#logger = logger;
    this.#server = new GrpcServer({
      address: join(directory, `${name}-reg.sock`),
      services: [this],
      clock,
      logger,
    });
  }

  /** What the kubelet said last; undefined until it said anything. */
  get registered(): boolean | undefined {
    return this.#registered;
  }

  start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#server.start(options);
  }

  /** Takes the socket away, by which the kubelet sees that the driver is gone. */
  stop(): Promise<void> {
    return this.#server.stop();
  }

  getInfo(_request: InfoRequest, _context: CallContext): Reply<typeof PluginInfoSchema> {
    const { name, endpoint } = this.#options;
    return Promise.resolve({ type: 'CSIPlugin', name, endpoint, supportedVersions });
  }

  notifyRegistrationStatus(
    { pluginRegistered, error }: RegistrationStatus,
    _context: CallContext,
  ): Reply<typeof RegistrationStatusResponseSchema> {
    this.#registered = pluginRegistered;
    if (pluginRegistered) this.#logger.info('the kubelet registered the driver', { driver: this.#options.name });
    else this.#logger.error('the kubelet refused the driver', { driver: this.#options.name, reason: error });
    return Promise.resolve({});
  }
}
