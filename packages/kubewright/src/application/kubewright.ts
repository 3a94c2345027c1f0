/** A program made of plugins and one cluster: what `main.ts` of an operator consists of. */
import { clusterLevel, controllerHost, connectTo } from '@kubewright/controller';
import { Host, Logger, provide, runUntilSignal } from '@kubewright/core';
import type { ExtensionPoint, PluginLike, Token, UseOptions } from '@kubewright/core';
import type { ClusterConnection } from '@kubewright/informer';
import { kubewrightErrors } from '../errors/kubewright-errors.js';
import { HealthServer } from '../health/health-server.js';
import { HealthServerOptions } from '../health/health-server-options.js';
import { consoleLogger } from '../logging/console-logger.js';

export interface KubewrightOptions {
  /** Names the program in errors and logs. Default: `kubewright`. */
  readonly name?: string;
  /** Default: `consoleLogger()`. */
  readonly logger?: Logger;
  /** Milliseconds that a stop may take. Default: 30,000. */
  readonly gracePeriod?: number;
  /** Serves `/healthz` and `/readyz` for probes, and `/metrics` for whom the cluster allows it. Default: nothing is served. */
  readonly health?: HealthServerOptions;
  /** Whether the program is the process: SIGINT and SIGTERM stop it in order, a second one ends it at once, and what does not stop in time is ended. Default: true. */
  readonly signals?: boolean;
}

/**
 * ```ts
 * await new Kubewright()
 *   .connect(kubeconfig({ context: 'staging' }))   // or embedded(), inCluster()
 *   .use(WebsiteController)
 *   .start();
 * ```
 *
 * The controllers among the plugins run on the cluster that was connected to.
 */
export class Kubewright implements AsyncDisposable {
  readonly #host: Host;
  readonly #logger: Logger;
  readonly #handlesSignals: boolean;
  #connection: ClusterConnection | undefined;
  #closed: Promise<void> | undefined;
  #hasStarted = false;

  constructor(options: KubewrightOptions = {}) {
    const { name = 'kubewright', logger = consoleLogger(), gracePeriod, signals = true, health } = options;
    this.#logger = logger;
    this.#handlesSignals = signals;
    this.#host = new Host({ name, levels: [clusterLevel], ...(gracePeriod !== undefined && { gracePeriod }) }).use([
      { name: 'logger', provides: [provide(Logger, { value: logger })] },
      controllerHost,
    ]);
    if (health !== undefined)
      this.#host.use([
        { name: 'health-server-options', provides: [provide(HealthServerOptions, { value: health })] },
        HealthServer,
      ]);
  }

  /** Says which cluster the program is for. It is opened by `start`. */
  connect(connection: ClusterConnection): this {
    if (this.#connection !== undefined)
      throw kubewrightErrors.ALREADY_CONNECTED({ first: this.#connection.name, second: connection.name });
    this.#connection = connection;
    this.#host.use(connectTo(connection));
    return this;
  }

  /** Adds a plugin, as a controller or a service that it injects, or a list of them. */
  use(plugin: PluginLike, options?: UseOptions): this {
    this.#host.use(plugin, options);
    return this;
  }

  /**
   * Resolves when everything runs. What is wrong with the plugins is told before anything starts.
   *
   * A plugin that fails later stops the program: `closed` rejects then, and the process's exit code becomes 1. Where something
   * of the program does not end within the grace period, as a reconcile that ignores its signal, the process is ended with that
   * code, unless `signals` is off: then its end is the business of whoever made it.
   */
  async start(): Promise<this> {
    if (this.#connection === undefined) throw kubewrightErrors.NOT_CONNECTED({});
    this.#closed ??= this.#run();
    await this.#host.start();
    this.#hasStarted = true;
    return this;
  }

  /** Stops everything in the reverse order of the start. Calling it again gives the same promise. */
  stop(): Promise<void> {
    return this.#host.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Settles when the program has stopped, for whatever reason. */
  get closed(): Promise<void> {
    return this.#closed ?? this.#host.closed;
  }

  /** What is bound to a token, once the program runs. */
  get<T>(token: Token<T>): T {
    return this.#host.get(token);
  }

  /** All contributions to an extension point, once the program runs. */
  getAll<T>(point: ExtensionPoint<T>): readonly T[] {
    return this.#host.getAll(point);
  }

  #run(): Promise<void> {
    const closed = this.#handlesSignals ? runUntilSignal(this.#host) : this.#host.closed;
    closed.catch((error: unknown) => {
      // A failed start is the business of who awaits it; a failure after it would otherwise pass unseen.
      if (!this.#hasStarted) return;
      process.exitCode ??= 1;
      this.#logger.error('the program has stopped', { error });
    });
    return closed;
  }
}
