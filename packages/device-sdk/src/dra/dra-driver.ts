import { join } from 'node:path';
import { Clock, Logger, Plugin, inject } from '@kubewright/core';
import type { Lifecycle, StartContext } from '@kubewright/core';
import { GrpcServer } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import { PluginRegistrar, registrationDirectory } from '@kubewright/grpc/registration';
import { deviceErrors } from '../errors.js';
import type { ClaimPreparer, ClaimReference, PreparedDevice } from './claims.js';
import { DraHealthService } from './dra-health-service.js';
import type { DeviceHealth } from './dra-health-service.js';
import { DraService, DraServiceBeta } from './dra-service.js';

export interface DraDriverSettings {
  /** The driver's own directory. Default: `/var/lib/kubelet/plugins/NAME`. */
  readonly directory?: string;
  /** Default: `/var/lib/kubelet/plugins_registry`. */
  readonly registrationDirectory?: string;
  /** Tells two copies of the driver apart while one replaces the other; usually the pod's UID. Default: none. */
  readonly instance?: string;
}

/** The base of a DRA driver. Both calls are repeated until they succeed, so they have to be idempotent. */
@Plugin({ name: 'dra-driver' })
export abstract class DraDriver implements ClaimPreparer, Lifecycle {
  /** As in the DeviceClass and the ResourceSlices: `gpu.example.com`. */
  abstract readonly name: string;
  readonly settings: DraDriverSettings = {};
  #server: GrpcServer | undefined;
  #registrar: PluginRegistrar | undefined;

  constructor(
    @inject(Clock) protected readonly clock: Clock,
    @inject(Logger) protected readonly logger: Logger,
  ) {}

  /** Makes the devices of a claim usable. What it throws is told to the kubelet for this claim alone. */
  abstract prepareClaim(claim: ClaimReference, context: CallContext): Promise<readonly PreparedDevice[]>;

  /** Undoes `prepareClaim`; a claim that was never prepared, or is gone, is no error. */
  abstract unprepareClaim(claim: ClaimReference, context: CallContext): Promise<void>;

  /** The health of all devices, again after each change. Ends with the signal. */
  watchHealth?(signal: AbortSignal): AsyncIterable<readonly DeviceHealth[]>;

  /** Resolves when the kubelet can find the driver. @throws INVALID_NAME */
  async start({ signal }: StartContext): Promise<void> {
    const { name, clock, logger, settings } = this;
    if (!/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/.test(name)) throw deviceErrors.INVALID_NAME({ name });
    const suffix = settings.instance === undefined ? '' : `-${settings.instance}`;
    const endpoint = join(settings.directory ?? `/var/lib/kubelet/plugins/${name}`, `dra${suffix}.sock`);
    const health = this.watchHealth === undefined ? [] : [new DraHealthService(this.watchHealth.bind(this), clock)];
    const server = new GrpcServer({
      address: endpoint,
      services: [new DraService(this), new DraServiceBeta(this), ...health],
      clock,
      logger,
    });
    await server.start({ signal });
    this.#server = server;
    const versions = [
      'v1.DRAPlugin',
      'v1beta1.DRAPlugin',
      ...(health.length > 0 ? ['v1alpha1.DRAResourceHealth'] : []),
    ];
    this.#registrar = new PluginRegistrar({
      socketPath: join(settings.registrationDirectory ?? registrationDirectory, `${name}${suffix}-reg.sock`),
      plugin: { type: 'DRAPlugin', name, endpoint, supportedVersions: versions },
      clock,
      logger,
    });
    try {
      await this.#registrar.start({ signal });
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#registrar?.stop();
    await this.#server?.stop();
  }
}
