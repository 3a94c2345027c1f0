import { Clock, Plugin, inject } from '@kubewright/core';
import type { Lifecycle, Logger } from '@kubewright/core';
import type { Transport } from '@kubewright/informer';
import type { User } from '../auth/authenticator.js';
import { Listener } from '../http/listener/listener.js';
import type { ListenerOptions } from '../http/listener/listener.js';
import { Pipeline } from '../http/pipeline/pipeline.js';
import type { ServerRequest } from '../http/server-request.js';
import { ServerState } from '../http/server-state.js';
import { SteadyLogger } from '../steady-logger.js';
import { InProcessTransport } from './in-process-transport.js';

/**
 * The way into the server: it answers requests inside the process once its host runs, and at ports that it is told to open.
 * What answers them is in the plugins of `apiServer`.
 */
@Plugin({ name: 'api-server', requires: ['custom-resources'] })
export class ApiServer implements Lifecycle {
  readonly #listeners: Listener[] = [];
  readonly #pipeline: Pipeline;
  readonly #state: ServerState;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(
    @inject(Pipeline) pipeline: Pipeline,
    @inject(ServerState) state: ServerState,
    @inject(Clock) clock: Clock,
    @inject(SteadyLogger) logger: Logger,
  ) {
    this.#pipeline = pipeline;
    this.#state = state;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): Promise<void> {
    this.#state.isReady = true;
    return Promise.resolve();
  }

  /** Ends all requests and closes the ports. */
  async stop(): Promise<void> {
    this.#state.stop();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  /**
   * Opens a port. May be called several times.
   *
   * @returns the address that clients connect to.
   */
  async listen(options: ListenerOptions): Promise<string> {
    const listener = await Listener.open(options, {
      clock: this.#clock,
      logger: this.#logger,
      serve: (request) => this.#pipeline.serve(this.#untilStop(request)),
      upgrade: (request, socket, head) => this.#pipeline.upgrade(this.#untilStop(request), socket, head),
    });
    this.#listeners.push(listener);
    const { address, port, family } = listener.address;
    this.#state.address = family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
    return `https://${this.#state.address}`;
  }

  /** Requests inside the process in the name of a user. Authorization applies to them like to all others. */
  transport(user: User): Transport {
    return new InProcessTransport(this.#pipeline, user, this.#state.stopping);
  }

  #untilStop(request: ServerRequest): ServerRequest {
    return { ...request, signal: AbortSignal.any([request.signal, this.#state.stopping]) };
  }
}
