/**
 * The host: one set of plugins, built by one container, started and stopped as one. It knows nothing of what the plugins
 * do. A process has one host; each cluster it talks to is a child host, with a container of its own below the host's.
 */
import type { Container } from 'inversify';
import { abortReason } from '../async/abort-reason.js';
import { Clock } from '../clock/clock.js';
import { tokenName } from '../di/token.js';
import type { Token } from '../di/token.js';
import { coreErrors } from '../errors/core-errors.js';
import { asError } from '../errors/message-of.js';
import { HealthCheck } from '../health/health-check.js';
import { Readiness } from '../health/readiness.js';
import type { CheckResult } from '../health/readiness.js';
import { Logger } from '../logger/logger.js';
import { contributionsTo } from '../plugin/contributions.js';
import type { ExtensionPoint } from '../plugin/extension-point.js';
import type { Level } from '../plugin/level.js';
import type { PluginLike } from '../plugin/plugin.js';
import { followed } from '../registry/dependencies.js';
import type { Surroundings } from '../registry/dependencies.js';
import { PluginGraph } from '../registry/graph.js';
import { reportPlugins } from '../registry/plugin-report.js';
import type { PluginReport } from '../registry/plugin-report.js';
import type { Registration } from '../registry/registration.js';
import { Registry } from '../registry/registry.js';
import type { PluginReference, PluginUse, Resolution, UseOptions } from '../registry/registry.js';
import { skipWhatCannotRun, standsFor } from '../registry/skipped.js';
import { checkContext } from './check-context.js';
import { fillContainer } from './container.js';
import type { Contents } from './container.js';
import { defaultServices } from './default-services.js';
import { checkHost, reportOf } from './host-health.js';
import { LateContributions } from './late-contributions.js';
import { LifecycleRunner } from './lifecycle-runner.js';
import { PluginUnits } from './plugin-units.js';
import { stopError } from './stop-error.js';
import { surroundingsOf } from './surroundings.js';

export interface HostOptions {
  /** Appears in errors, logs and, for a child, in the names of its health checks. Default: `host`. */
  readonly name?: string;
  /** Milliseconds that a stop may take in all. Default: 30,000, as controller managers of Kubernetes have it. */
  readonly gracePeriod?: number;
  /**
   * The levels whose extension points are consumed here. A plugin that contributes to a point of another level is refused then,
   * and `claim` knows which plugins belong here. Default: whatever its plugins contribute to.
   */
  readonly levels?: readonly Level[];
}

export interface LateContributionOptions {
  /** The plugin of this host that contributes: its `this`. */
  readonly by: object;
  /** Takes the contribution away when it aborts, as the signal that the plugin was started with. */
  readonly signal?: AbortSignal;
}

export type HostState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped';

const defaultGracePeriod = 30_000;

/**
 * ```ts
 * const host = await new Host().use(storage).use(ApiServer).use(WebsiteController).start();
 * …
 * await host.stop();
 * ```
 *
 * Unless a plugin provides them or a test overrides them, the services are: `Clock` the system's, `Random` the system's,
 * `Logger` silent, `Metrics` a registry in memory, `Tracer` none. `Readiness` and the `Host` itself can be injected as well.
 *
 * Ordering: all plugins are built (constructors only) before any starts. They start in waves, by stage and dependency; the
 * members of a wave start together. They stop in the reverse order of waves.
 */
export class Host implements AsyncDisposable {
  readonly name: string;
  /** Settles when the host has stopped, for whatever reason: rejects where a start, a plugin or a stop had failed. */
  readonly closed: Promise<void>;
  readonly #parent: Host | undefined;
  readonly #gracePeriod: number;
  readonly #registry: Registry;
  readonly #children = new Set<Host>();
  #settleClosed: (failure?: Error) => void = () => undefined;
  readonly #late: LateContributions;
  readonly #units = new PluginUnits();
  #state: HostState = 'new';
  #contents: Contents | undefined;
  #resolution: Resolution | undefined;
  #runner: LifecycleRunner | undefined;
  #starting: Promise<Host> | undefined;
  /** The part of the start that calls plugins; the way down waits for it. */
  #hooks: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #failure: Error | undefined;

  /** @param parent - for a child host; `child` passes it. */
  constructor(options: HostOptions = {}, parent?: Host) {
    this.name = options.name ?? 'host';
    this.#gracePeriod = options.gracePeriod ?? (parent ? parent.#gracePeriod : defaultGracePeriod);
    this.#parent = parent;
    this.#registry = new Registry(this.name, options.levels);
    const early = (point: Token<unknown>, last: boolean): readonly unknown[] => this.#early(point, last);
    const plugins = (): readonly Registration[] => this.#resolve().registrations;
    this.#late = new LateContributions(
      { name: this.name, levels: options.levels, plugins, early },
      parent && parent.#late,
    );
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = (failure) => (failure ? reject(failure) : resolve());
    });
    this.closed.catch(() => undefined); // Whoever does not ask for it learns of the failure from start, stop or the log.
  }

  get state(): HostState {
    return this.#state;
  }

  /** Registers a plugin, or each of a bundle. Mistakes are reported by `validate` and `start`, all together. */
  use(plugin: PluginLike, options?: UseOptions): this {
    this.#mustBeNew();
    this.#registry.use(plugin, options);
    return this;
  }

  /**
   * Does without registered plugins, each named by its name or its class: they are neither built nor started, and what needs
   * them is told so by `validate` and `start`.
   */
  without(...plugins: readonly PluginReference[]): this {
    this.#mustBeNew();
    this.#registry.without(plugins);
    return this;
  }

  /** Whether a plugin is registered here, be it that another has taken its place. */
  has(plugin: PluginReference): boolean {
    return this.#registry.has(plugin);
  }

  /**
   * Of several plugins, registers those that belong to this host: which contribute to extension points of its levels or replace
   * plugins of it, and what these and the host's own need of the others. Gives back the others, in order and with bundles taken
   * apart, for a child. What contributes to a point of this host and to one of another is refused by `validate`.
   */
  claim(plugins: readonly PluginUse[]): readonly PluginUse[] {
    this.#mustBeNew();
    return this.#registry.claim(plugins, this.#surroundings());
  }

  /**
   * Puts a value in the place of whatever is bound to a token, or a list in the place of all contributions to an extension
   * point. For tests. The plugin that provided it still runs.
   */
  override<T>(point: ExtensionPoint<T>, contributions: readonly T[]): this;
  override<T>(token: Token<T>, value: T): this;
  override(token: Token<unknown>, value: unknown): this {
    this.#mustBeNew();
    this.#registry.overrides.set(token, value);
    return this;
  }

  /** Throws `KW_CORE_INVALID_PLUGINS` with every problem that can be seen before the start. `start` does it too. */
  validate(): void {
    const { problems } = this.#resolve();
    if (problems.length > 0) throw coreErrors.INVALID_PLUGINS({ host: this.name, problems });
  }

  /** The plugins and what they need of each other; also where `validate` finds fault. */
  graph(): PluginGraph {
    const { registrations, dependencies } = this.#resolve();
    return new PluginGraph(registrations, dependencies);
  }

  /** Every plugin of this host and how it fares, also those that do not run, with the reason. */
  plugins(): PluginReport[] {
    const hasStopped = this.#state === 'stopped';
    return reportPlugins(this.#resolve(), (name) => this.#units.progressOf(name, hasStopped));
  }

  /**
   * A host below this one, for one cluster: its plugins see this host's services and contributions and add their own. It is
   * started on its own once this host has begun to run, may be stopped at any time, and is stopped before its parent.
   */
  child(options: HostOptions): Host {
    return new Host(options, this);
  }

  /** What is bound to a token. Possible from the moment the plugins are built. */
  get<T>(token: Token<T>): T {
    const container = this.#built();
    for (const [registration, reason] of this.#resolution?.skipped ?? [])
      if (standsFor(registration, tokenName(token)) && !container.isBound(token))
        throw coreErrors.SKIPPED({ plugin: registration.data.name, token: tokenName(token), reason });
    return container.get<T>(token);
  }

  /** All contributions to an extension point, in order, the parent's first. Possible from the moment the plugins are built. */
  getAll<T>(point: ExtensionPoint<T>): readonly T[] {
    this.#built();
    return this.#late.all(point) as readonly T[];
  }

  /**
   * Adds a contribution while this host starts or runs. It goes to the host of the point's level, this one or one above, and is
   * seen by all who inject `contributionsTo(point)` there and below: they are told at once. It comes behind the contributions of
   * plugins and earlier late ones, and before those made by `last`. It is taken away when the result is disposed of, when
   * `signal` aborts, and when this host begins to stop, whichever is first.
   *
   * @throws LATE_CONTRIBUTION where nobody would see it, as nobody reads the point or someone takes its contributions once.
   */
  contribute<T>(point: ExtensionPoint<T>, value: T, { by, signal }: LateContributionOptions): Disposable {
    const stopping = this.#runner?.stopping;
    const plugin = this.#units.nameOf(by);
    if (stopping === undefined || stopping.aborted || plugin === undefined) {
      const reason =
        plugin === undefined
          ? `it is made by something that is no plugin of host '${this.name}', or before the start: pass { by: this } in a plugin`
          : `host '${this.name}' is stopping: contribute between the plugin's start and its stop`;
      throw coreErrors.LATE_CONTRIBUTION({ point: tokenName(point), reason });
    }
    return this.#late.add(point, value, plugin, signal ? [stopping, signal] : [stopping]);
  }

  /**
   * Validates, builds and starts everything. Resolves to the host when every plugin is ready. If something fails, what had
   * started is stopped in reverse and the promise rejects with an error that names the plugin, its `cause` the error itself.
   * Calling it again gives the same promise.
   *
   * @param options - `signal`: stops the host when it aborts, during the start (which then rejects with its reason) or later.
   */
  start(options: { readonly signal?: AbortSignal } = {}): Promise<Host> {
    this.#starting ??= this.#start(options.signal);
    return this.#starting;
  }

  /**
   * Stops child hosts, then the plugins in the reverse of the order in which they started, and waits for each, in all no
   * longer than the grace period. A start under way is given up. Rejects with `KW_CORE_STOP_FAILED` where a plugin failed to
   * stop or was not done in time; the others were stopped all the same. Calling it again gives the same promise.
   */
  stop(): Promise<void> {
    return this.#stop(coreErrors.STOPPED({ host: this.name }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #start(signal?: AbortSignal): Promise<Host> {
    if (this.#stopping) throw coreErrors.STOPPED({ host: this.name });
    try {
      signal?.throwIfAborted();
      this.#state = 'starting';
      this.#runner = this.#prepare();
      if (this.#parent) this.#parent.#children.add(this);
      this.#followSignal(this.#runner.stopping, signal);
      this.#hooks = this.#runner.start();
      await this.#hooks;
      this.#state = 'running';
      return this;
    } catch (error) {
      // A stop that somebody asked for is no failure of the host.
      if (!this.#stopping && !signal?.aborted) this.#failure ??= asError(error);
      this.#units.noteFailure(error);
      await this.#stop(asError(error)).catch(() => undefined);
      throw error;
    }
  }

  /** Validates and builds all plugins, without starting any. */
  #prepare(): LifecycleRunner {
    this.validate();
    const parent = this.#parent;
    if (parent && (!parent.#contents || parent.#stopping))
      throw coreErrors.PARENT_NOT_RUNNING({ host: this.name, parent: parent.name });
    const { registrations, waves } = (this.#resolution = this.#check());
    const services = this.#services();
    for (const point of registrations.flatMap(followed)) services.set(contributionsTo(point), this.#late.list(point));
    this.#late.refuseMissed();
    this.#contents = fillContainer(registrations, this.#registry.overrides, services, parent && parent.#contents);
    const { container } = this.#contents;
    const units = waves.map((wave) => wave.map((registration) => this.#units.build(container, registration)));
    return new LifecycleRunner(units, {
      clock: container.get<Clock>(Clock),
      logger: container.get<Logger>(Logger),
      gracePeriod: this.#gracePeriod,
      onFail: (error) => this.#fail(error),
    });
  }

  /** What is left when the plugins that cannot run here are skipped. */
  #check(): Resolution {
    const resolution = this.#resolve();
    if (resolution.registrations.every(({ data }) => data.check === undefined)) return resolution;
    const { overrides } = this.#registry;
    const context = checkContext(this.#services(), resolution.registrations, overrides, this.#parent);
    return skipWhatCannotRun(resolution, context, this.#surroundings(), overrides);
  }

  #followSignal(stopping: AbortSignal, signal?: AbortSignal): void {
    const abort = (): void => void this.#stop(abortReason(signal)).catch(() => undefined);
    signal?.addEventListener('abort', abort, { once: true, signal: stopping });
  }

  #fail(failure: Error): void {
    this.#failure ??= failure;
    this.#units.noteFailure(failure);
    this.#built().get<Logger>(Logger).error('plugin failed, stopping', { host: this.name, error: failure });
    void this.#stop(failure).catch(() => undefined);
  }

  #stop(reason: Error, parentDeadline?: AbortSignal): Promise<void> {
    // Not at once: listeners of the abort that it causes may call stop again, and must find this promise.
    this.#stopping ??= Promise.resolve().then(() => this.#doStop(reason, parentDeadline));
    return this.#stopping;
  }

  async #doStop(reason: Error, parentDeadline?: AbortSignal): Promise<void> {
    const wasNew = this.#state === 'new';
    this.#state = 'stopping';
    const failure = wasNew ? undefined : await this.#unwind(reason, parentDeadline);
    this.#state = 'stopped';
    if (this.#parent) this.#parent.#children.delete(this);
    this.#late.close();
    this.#settleClosed(this.#failure ?? failure);
    if (failure) throw failure;
  }

  /** The way down: children, then what runs here. Gives the error to report, if any. */
  async #unwind(reason: Error, parentDeadline?: AbortSignal): Promise<Error | undefined> {
    const runner = this.#runner;
    if (!runner) return undefined;
    const expire = (): void => runner.expire();
    runner.begin(reason);
    if (parentDeadline?.aborted) expire();
    parentDeadline?.addEventListener('abort', expire, { once: true });
    const children = await Promise.allSettled(
      [...this.#children].toReversed().map((child) => child.#stop(reason, runner.deadline)),
    );
    await this.#hooks?.catch(() => undefined);
    const result = await runner.stop();
    parentDeadline?.removeEventListener('abort', expire);
    const childErrors = children.filter((child) => child.status === 'rejected').map(({ reason }): unknown => reason);
    const error = stopError(this.name, this.#gracePeriod, result, childErrors);
    if (error) this.#built().get<Logger>(Logger).error('stop failed', { host: this.name, error });
    return error;
  }

  #resolve(): Resolution {
    // Nothing can be registered after the start, so what was found then stays true.
    if (this.#resolution && this.#state !== 'new') return this.#resolution;
    this.#resolution = this.#registry.resolve(this.#surroundings());
    return this.#resolution;
  }

  #surroundings(): Surroundings {
    const parent = this.#parent;
    const above = parent && {
      resolution: parent.#resolve(),
      overrides: parent.#registry.overrides,
      surroundings: parent.#surroundings(),
    };
    return surroundingsOf(new Set(this.#services().keys()), above);
  }

  /** What the host binds itself; the general services only where there is no parent to have them from. */
  #services(): Map<Token<unknown>, unknown> {
    const readiness: Readiness = { report: async (signal) => reportOf(await this.#checks(signal)) };
    const own: [Token<unknown>, unknown][] = [
      [Host, this],
      [Readiness, readiness],
    ];
    return new Map([...own, ...(this.#parent ? [] : defaultServices())]);
  }

  async #checks(signal?: AbortSignal): Promise<CheckResult[]> {
    const contributed = this.#contents?.own.get(HealthCheck)?.map(({ key }) => this.get<HealthCheck>(key)) ?? [];
    const children = [...this.#children].map((child) => ({ name: child.name, results: child.#checks(signal) }));
    return await checkHost(this, contributed, children, this.get(Clock), signal);
  }

  #early(point: Token<unknown>, isLast: boolean): readonly unknown[] {
    const keys = this.#contents?.contributions.get(point) ?? [];
    return keys.filter(({ last }) => last === isLast).map(({ key }) => this.#built().get<unknown>(key));
  }

  #built(): Container {
    if (!this.#contents) throw coreErrors.NOT_STARTED({ host: this.name });
    return this.#contents.container;
  }

  #mustBeNew(): void {
    if (this.#state !== 'new') throw coreErrors.ALREADY_STARTED({ host: this.name });
  }
}
