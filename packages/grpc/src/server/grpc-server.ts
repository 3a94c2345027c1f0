/**
 * A plugin's gRPC server: puts services on a socket that only its owner can reach, and takes them off again without
 * cutting short what runs. Neighbours: `service` (what classes serve), `call` (how a call runs), `socket` (the file).
 */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { noMetrics, noTracer, silentLogger } from '@kubewright/core';
import type { Logger } from '@kubewright/core';
import type { RunningCall } from '../call/call-services.js';
import { callHandler } from '../call/call-handlers.js';
import { CallMetrics } from '../call/call-metrics.js';
import type { CallServices } from '../call/call-services.js';
import { methodPath, serviceDefinition } from '../adapter/service-definition.js';
import { grpcErrors } from '../errors/grpc-errors.js';
import { HealthService } from '../health/health-service.js';
import { ReflectionService } from '../reflection/reflection-service.js';
import { planServices } from '../service/service-plan.js';
import type { MethodPlan, ServicePlan } from '../service/service-plan.js';
import { grpcTarget, parsePluginAddress, showAddress } from '../socket/plugin-address.js';
import type { PluginAddress } from '../socket/plugin-address.js';
import { UnixSocketFile } from '../socket/unix-socket-file.js';
import { Code } from '../status/code.js';
import { GrpcStatusError } from '../status/grpc-status-error.js';
import type { GrpcServerOptions } from './server-options.js';

const defaultMaxMessage = 16 * 1024 * 1024;
const defaultGrace = 5_000;
/** How long `stop` waits for clients and for handlers that were told to stop and do not heed it, in milliseconds. */
const lastWait = 1_000;

type State = 'new' | 'starting' | 'serving' | 'stopping' | 'stopped';

/** Serves plugin services. It starts once and stops once; `stop` may be called at any time and any number of times. */
export class GrpcServer {
  /** What the server tells about the health of its services; a plugin sets it when it cannot work. */
  readonly health: HealthService;
  readonly #options: GrpcServerOptions;
  readonly #plans: readonly ServicePlan[];
  readonly #server: Server;
  readonly #logger: Logger;
  readonly #draining = new AbortController();
  readonly #active = new Set<RunningCall>();
  #address: PluginAddress;
  #state: State = 'new';
  #file: UnixSocketFile | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  /** @throws ADDRESS_INVALID, NOT_A_SERVICE, DUPLICATE_SERVICE, UNKNOWN_METHOD, UNKNOWN_FIELD, EXCLUSIVE_STREAM */
  constructor(options: GrpcServerOptions) {
    this.#options = options;
    this.#address = parsePluginAddress(options.address);
    this.#logger = options.logger ?? silentLogger;
    const own = options.services.flatMap((service) => planServices(service));
    this.health = new HealthService(own.map(({ service }) => service.typeName));
    const plans = options.health === false ? own : [...own, ...planServices(this.health)];
    const reflect = (): readonly ServicePlan[] =>
      planServices(new ReflectionService(plans.map(({ service }) => service)));
    this.#plans = options.reflection === true ? [...plans, ...reflect()] : plans;
    const largest = options.maxMessageBytes ?? defaultMaxMessage;
    this.#server = new Server({ 'grpc.max_receive_message_length': largest, 'grpc.max_send_message_length': largest });
    this.#register();
  }

  /** Where the server is reached, as `unix:///path`; with TCP port 0 the real port, once started. */
  get address(): string {
    return showAddress(this.#address);
  }

  /**
   * Resolves when clients can call.
   *
   * @param options - `signal`: gives up starting, and leaves nothing behind.
   * @throws SOCKET_IN_USE, NOT_A_SOCKET, SOCKET_PATH_TOO_LONG, LISTEN_FAILED, SERVER_STATE (started before)
   */
  async start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#state !== 'new') throw grpcErrors.SERVER_STATE({ state: this.#state });
    options.signal?.throwIfAborted();
    this.#state = 'starting';
    this.#starting = this.#listen(options.signal);
    await this.#starting;
  }

  /**
   * Takes the socket away, lets running calls end, cancels those that outlive the grace period, and resolves when
   * nothing of the server is left. Streams without an end see `context.draining` at once.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #register(): void {
    const seen = new Set<string>();
    const metrics = new CallMetrics(this.#options.metrics ?? noMetrics);
    for (const { service, methods } of this.#plans) {
      if (seen.has(service.typeName)) throw grpcErrors.DUPLICATE_SERVICE({ service: service.typeName });
      seen.add(service.typeName);
      const handlers = methods.map(
        (plan) => [plan.method.name, callHandler(plan, this.#callServices(plan, metrics))] as const,
      );
      // grpc-js answers UNIMPLEMENTED for the methods of a definition that have no handler.
      this.#server.addService(serviceDefinition(service), Object.fromEntries(handlers));
    }
  }

  #callServices({ method }: MethodPlan, metrics: CallMetrics): CallServices {
    const { clock, deadline, logRequests, secret, mapError, tracer = noTracer } = this.#options;
    return {
      clock,
      logger: this.#logger.child({ method: methodPath(method) }),
      metrics: metrics.forMethod(method),
      tracer,
      defaultDeadline: deadline,
      logRequests: logRequests ?? false,
      secret,
      mapError,
      draining: this.#draining.signal,
      active: this.#active,
    };
  }

  async #listen(signal: AbortSignal | undefined): Promise<void> {
    try {
      if (this.#address.kind === 'unix') {
        const { path } = this.#address;
        this.#file = await UnixSocketFile.bind(path, this.#options.socket ?? {}, async (temporary) => {
          await this.#bind({ kind: 'unix', path: temporary });
        });
      } else {
        this.#address = { ...this.#address, port: await this.#bind(this.#address) };
      }
      signal?.throwIfAborted();
    } catch (error) {
      this.#state = 'stopped';
      this.#server.forceShutdown();
      await this.#file?.remove();
      throw error;
    }
    this.#state = 'serving';
    this.health.resume();
    this.#logger.info('gRPC server started', { address: this.address });
  }

  #bind(address: PluginAddress): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(grpcTarget(address), ServerCredentials.createInsecure(), (cause, port) => {
        if (cause === null) resolve(port);
        else reject(grpcErrors.LISTEN_FAILED({ address: this.address }, { cause }));
      });
    });
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => undefined); // its caller has the error
    const served = this.#state === 'serving';
    this.#state = 'stopping';
    if (served) {
      this.health.shutdown();
      await this.#file?.remove().catch((error: unknown) => {
        this.#logger.warn('the socket could not be removed', { address: this.address, error });
      });
      this.#draining.abort(new GrpcStatusError(Code.UNAVAILABLE, 'the server is stopping'));
      await this.#drain();
      this.#logger.info('gRPC server stopped', { address: this.address });
    }
    this.#state = 'stopped';
  }

  async #drain(): Promise<void> {
    const { clock, gracePeriod } = this.#options;
    const closed = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    let timer = clock.setTimer(gracePeriod ?? defaultGrace, () => {
      this.#logger.warn('gRPC calls outlived the grace period and are cancelled', { calls: this.#active.size });
      for (const call of this.#active) call.abort(new GrpcStatusError(Code.UNAVAILABLE, 'the server stopped'));
      // The answers still have to go out, so connections are cut a little later.
      timer = clock.setTimer(lastWait, () => this.#server.forceShutdown());
    });
    await closed;
    timer.cancel();
    await this.#handlersEnd();
  }

  /** A client may be gone while its handler still works: it gets a last moment to clean up. */
  async #handlersEnd(): Promise<void> {
    if (this.#active.size === 0) return;
    const timeout = new AbortController();
    const wait = this.#options.clock.sleep(lastWait, timeout.signal).catch(() => undefined);
    const idle = Promise.allSettled([...this.#active].map((call) => call.whenEnded));
    await Promise.race([wait, idle]);
    timeout.abort();
    if (this.#active.size > 0) this.#logger.warn('gRPC handlers did not end', { calls: this.#active.size });
  }
}
