import { join } from 'node:path';
import type { Clock, Logger } from '@kubewright/core';
import { GrpcServer, createClient } from '@kubewright/grpc';
import { Registration } from '../generated/deviceplugin/v1beta1/deviceplugin_pb.js';
import { DirectoryWatch, socketIdentity } from '../directory/directory-watch.js';
import type { DevicePluginService } from './device-plugin-service.js';

export const deviceApiVersion = 'v1beta1';
export const kubeletSocket = 'kubelet.sock';

/**
 * How long a change that the watch missed may go unseen, and how long a failed attempt is waited after, in
 * milliseconds.
 */
const lookAround = 10_000;
const retry = 1_000;
const registerDeadline = 5_000;

export interface KubeletRegistrationOptions {
  readonly directory: string;
  readonly socketName: string;
  readonly resourceName: string;
  readonly service: DevicePluginService;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps a plugin known to the kubelet. A kubelet that starts deletes all sockets of its directory and forgets all
 * plugins: so the socket is served again when it is gone, and the plugin registers again whenever the kubelet's own
 * socket is a new one.
 */
export class KubeletRegistration {
  readonly #options: KubeletRegistrationOptions;
  readonly #stopping = new AbortController();
  readonly #socketPath: string;
  #server: GrpcServer | undefined;
  #served: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: KubeletRegistrationOptions) {
    this.#options = options;
    this.#socketPath = join(options.directory, options.socketName);
  }

  /** Resolves when the socket is served. */
  async start(): Promise<void> {
    await this.#serve();
    this.#running = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the device plugin stops'));
    await this.#running;
    await this.#server?.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { directory, clock, logger, resourceName } = this.#options;
    using watch = new DirectoryWatch(directory, clock);
    let registered: string | undefined;
    while (!signal.aborted) {
      let wait = lookAround;
      try {
        if ((await socketIdentity(this.#socketPath)) !== this.#served) {
          await this.#serve();
          registered = undefined;
        }
        const kubelet = await socketIdentity(join(directory, kubeletSocket));
        if (kubelet !== undefined && kubelet !== registered) {
          await this.#register(signal);
          registered = kubelet;
          logger.info('the kubelet knows the device plugin', { resource: resourceName });
        }
      } catch (error) {
        if (!signal.aborted)
          logger.warn('the device plugin could not register and tries again', { resource: resourceName, error });
        wait = retry;
      }
      await watch.next(wait, signal).catch(() => undefined); // aborted: the loop ends
    }
  }

  async #serve(): Promise<void> {
    const { service, clock, logger } = this.#options;
    await this.#server?.stop();
    this.#server = new GrpcServer({ address: this.#socketPath, services: [service], clock, logger });
    await this.#server.start();
    this.#served = await socketIdentity(this.#socketPath);
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { directory, socketName, resourceName, service, clock } = this.#options;
    using kubelet = createClient(Registration, { address: join(directory, kubeletSocket), clock });
    const request = { version: deviceApiVersion, endpoint: socketName, resourceName, options: service.options };
    await kubelet.register(request, { signal, deadline: registerDeadline });
  }
}
