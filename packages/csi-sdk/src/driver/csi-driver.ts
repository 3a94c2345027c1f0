/**
 * A driver as a plugin: it puts the services that its author wrote on the CSI socket, and tells the kubelet about
 * itself where it runs on a node. Neighbours: `services` are what it serves.
 */
import { join } from 'node:path';
import { Clock, Logger, Metrics, Plugin, Tracer, inject, noTracer } from '@kubewright/core';
import type { Lifecycle, StartContext } from '@kubewright/core';
import { GrpcServer } from '@kubewright/grpc';
import { PluginRegistrar, registrationDirectory } from '@kubewright/grpc/registration';
import { controllerCapabilities } from '../capabilities/controller-capabilities.js';
import { groupCapabilities } from '../capabilities/group-capabilities.js';
import { nodeCapabilities } from '../capabilities/node-capabilities.js';
import { pluginCapabilities } from '../capabilities/plugin-capabilities.js';
import type { DriverFeatures } from '../capabilities/plugin-capabilities.js';
import { IdentityService } from '../services/identity-service.js';
import type { ControllerService } from '../services/controller-service.js';
import type { GroupControllerService } from '../services/group-controller-service.js';
import type { NodeService } from '../services/node-service.js';
import type { SnapshotMetadataService } from '../services/snapshot-metadata-service.js';
import { checkDriverName, endpointOf, registrationEndpointVariable } from './endpoint.js';
import { mapError } from './map-error.js';

export interface CsiDriverSettings {
  /** Where to serve, as `unix:///csi/csi.sock`. Default: the environment variable CSI_ENDPOINT. */
  readonly endpoint?: string;
  /**
   * Registers the driver with the kubelet, in place of the node-driver-registrar sidecar. Default: with the endpoint in the
   * environment variable CSI_REGISTRATION_ENDPOINT; without that it is not registered.
   */
  readonly registration?: {
    /** The path of the driver's socket as the kubelet sees it. */
    readonly endpoint: string;
    /** The kubelet's directory for plugins. Default: `/var/lib/kubelet/plugins_registry`. */
    readonly directory?: string;
  };
}

/**
 * The base of a driver.
 *
 * ```ts
 * class FilesDriver extends CsiDriver {
 *   readonly name = 'files.example.com';
 *   readonly version = '1.0.0';
 *   override readonly controller = new FilesController();
 *   override readonly node = new FilesNode();
 * }
 * await runUntilSignal(new Host().use(FilesDriver));
 * ```
 */
@Plugin({ name: 'csi-driver' })
export abstract class CsiDriver implements Lifecycle {
  /** At most 63 characters; the same as the name of the CSIDriver object. */
  abstract readonly name: string;
  abstract readonly version: string;
  readonly identity: IdentityService = new IdentityService();
  readonly controller?: ControllerService;
  readonly node?: NodeService;
  readonly groupController?: GroupControllerService;
  readonly snapshotMetadata?: SnapshotMetadataService;
  readonly features: DriverFeatures = {};
  readonly settings: CsiDriverSettings = {};
  #server: GrpcServer | undefined;
  #registrar: PluginRegistrar | undefined;

  constructor(
    @inject(Clock) protected readonly clock: Clock,
    @inject(Logger) protected readonly logger: Logger,
    @inject(Metrics) protected readonly metrics: Metrics,
    @inject(Tracer) protected readonly tracer: Tracer = noTracer,
  ) {}

  /** The socket that the driver is reached on, once it has started. */
  get address(): string | undefined {
    return this.#server?.address;
  }

  /** Serves on the endpoint of the settings, or of the environment. @throws NO_ENDPOINT, and as `serve` */
  async start({ signal }: StartContext): Promise<void> {
    await this.serve(this.settings.endpoint ?? endpointOf(process.env), { signal });
  }

  /**
   * Resolves when callers can call and, on a node, the kubelet can find the driver. A driver serves once.
   *
   * @throws INVALID_NAME, HALF_CAPABILITY, FEATURE_WITHOUT_METHOD, and what `GrpcServer` throws
   */
  async serve(endpoint: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    checkDriverName(this.name);
    this.#introduce();
    const registration = this.settings.registration ?? registrationFrom(process.env);
    const services = [this.identity, this.controller, this.node, this.groupController, this.snapshotMetadata];
    const { clock, logger, metrics, tracer } = this;
    const server = new GrpcServer({
      address: endpoint,
      services: services.filter((service) => service !== undefined),
      clock,
      logger,
      metrics,
      tracer,
      mapError,
    });
    await server.start(options);
    this.#server = server;
    if (registration === undefined) return;
    try {
      this.#registrar = new PluginRegistrar({
        socketPath: join(registration.directory ?? registrationDirectory, `${this.name}-reg.sock`),
        plugin: {
          type: 'CSIPlugin',
          name: this.name,
          endpoint: registration.endpoint,
          supportedVersions: ['1.0.0'],
        },
        clock,
        logger,
      });
      await this.#registrar.start(options);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** The kubelet is told first; then running calls end and the socket goes. */
  async stop(): Promise<void> {
    await this.#registrar?.stop();
    await this.#server?.stop();
  }

  /** Derives everything that will be advertised, so that a mistake shows at the start and not at the first call. */
  #introduce(): void {
    const { controller, node, groupController } = this;
    if (controller) controllerCapabilities(controller, controller.features);
    if (node) nodeCapabilities(node, node.features);
    if (groupController) groupCapabilities(groupController);
    this.identity.introduce({
      info: { name: this.name, vendorVersion: this.version },
      capabilities: pluginCapabilities(this, this.features),
    });
  }
}

function registrationFrom(environment: NodeJS.ProcessEnv): CsiDriverSettings['registration'] {
  const endpoint = environment[registrationEndpointVariable];
  return endpoint === undefined || endpoint === '' ? undefined : { endpoint };
}
