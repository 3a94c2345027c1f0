/** One controller at work: its informers, its queue and its workers. It starts and stops on its own, whatever others do. */
import type { KubeObject } from '@kubewright/api';
import type { Clock, Logger, Metrics, Random, Tracer } from '@kubewright/core';
import { WorkQueue } from '@kubewright/informer';
import type { HandlerRegistration, SharedInformer } from '@kubewright/informer';
import type { Cluster } from '../cluster/cluster.js';
import { kindOf } from '../custom-resource/custom-resource.js';
import { controllerOptionsOf } from '../decorators/controller.js';
import { finalizersOf } from '../decorators/finalizer.js';
import { watchesOf } from '../decorators/watches.js';
import { controllerErrors } from '../errors/controller-errors.js';
import { EventRecorder } from '../events/event-recorder.js';
import type { FinalizerStep } from '../finalizers/finalizers.js';
import { ApplyMemory } from '../objects/apply-memory.js';
import { KindDirectory } from '../objects/kind-directory.js';
import { OwnWrites } from '../own-writes/own-writes.js';
import type { Reconciler } from '../reconcile/reconciler.js';
import { ControllerMetrics } from './controller-metrics.js';
import { controllerUid, watchKind, watchOwnKind, watchOwned, watchSource } from './event-sources.js';
import type { SourceTarget } from './event-sources.js';
import { ReconcileLoop } from './reconcile-loop.js';
import { StuckRuns } from './stuck-runs.js';
import { WatchedKinds, ownerIndex } from './watched-kinds.js';

/** A reconcile mostly waits for the server, so several at once are safe and fast; the same key never runs twice at once. */
const defaultConcurrency = 8;

export interface RunnerServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
}

export class ControllerRunner {
  readonly name: string;
  readonly #options: NonNullable<ReturnType<typeof controllerOptionsOf>>;
  readonly #queue: WorkQueue;
  readonly #watched: WatchedKinds;
  readonly #stop = new AbortController();
  readonly #registrations: HandlerRegistration[] = [];
  readonly #sources: Disposable[] = [];
  readonly #events: EventRecorder;
  readonly #loop: ReconcileLoop<KubeObject>;
  readonly #stuck: StuckRuns;
  #isRunning = false;
  #work: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly reconciler: Reconciler<KubeObject>,
    cluster: Cluster,
    private readonly services: RunnerServices,
  ) {
    const target = reconciler.constructor as new () => object;
    const options = controllerOptionsOf(target);
    if (options === undefined) throw controllerErrors.NOT_A_CONTROLLER({ className: target.name });
    const { clock, random, logger, metrics, tracer } = services;
    const { name, timeout } = options;
    const concurrency = options.concurrency ?? defaultConcurrency;
    if (!Number.isSafeInteger(concurrency) || concurrency < 1)
      throw optionError(name, 'concurrency', concurrency, 'a whole number of 1 or more');
    if (timeout !== undefined && !(Number.isFinite(timeout) && timeout > 0))
      throw optionError(name, 'timeout', timeout, 'a number of milliseconds above 0');
    const kind = kindOf(options.for);
    const client = cluster.client({ name });
    this.name = name;
    this.#options = options;
    this.#queue = new WorkQueue({
      name,
      clock,
      metrics,
      fairnessOf: (key) => key.slice(0, Math.max(0, key.indexOf('/'))),
    });
    this.#watched = new WatchedKinds(name, cluster.informers);
    this.#events = new EventRecorder({ client, controller: name, clock, random, logger });
    this.#stuck = new StuckRuns({ name, timeout, clock, logger, metrics });
    const writing = {
      client,
      watched: this.#watched,
      ownWrites: new OwnWrites(),
      memory: new ApplyMemory(),
      kinds: new KindDirectory(client, this.#watched),
      events: this.#events,
    };
    this.#loop = new ReconcileLoop({
      name,
      reconciler,
      kind,
      informer: this.#watched.watch(options.for, options.scope),
      queue: this.#queue,
      finalizers: finalizerSteps(reconciler),
      reconcileDeleting: options.reconcileDeleting ?? false,
      timeout,
      stuck: this.#stuck,
      writing,
      events: this.#events,
      metrics: new ControllerMetrics(metrics, name, concurrency),
      clock,
      random,
      logger,
      tracer,
    });
  }

  /** Whether the caches are complete and the workers run. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * Why it does not run yet: the first informer that is not complete, and what it last met with. Once it runs: which of its
   * runs does not end.
   */
  get waitingFor(): string | undefined {
    if (this.#isRunning) return this.#stuck.problem;
    const behind = this.#watched.all.find((informer) => !informer.hasSynced);
    if (behind === undefined) return `controller ${this.name} is starting`;
    const { lastError } = behind.status;
    return `controller ${this.name} waits for the informer of ${behind.kind.kind}${lastError instanceof Error ? `: ${lastError.message}` : ''}`;
  }

  /**
   * Starts watching; the workers follow when every cache is complete, in the background.
   *
   * @returns resolves when the workers run, or when it is known that they cannot yet: an informer met with an error. It goes
   * on trying in that case.
   */
  async start(): Promise<void> {
    const { concurrency = defaultConcurrency } = this.#options;
    this.#watch();
    const { signal } = this.#stop;
    const synced = Promise.all(this.#registrations.map((registration) => registration.whenSynced(signal)));
    this.#work = synced.then(
      () => {
        this.#isRunning = true;
        return Promise.all(Array.from({ length: concurrency }, () => this.#loop.work(signal)));
      },
      (error: unknown) => {
        if (!signal.aborted)
          this.services.logger.error('a controller could not start', { controller: this.name, error });
      },
    );
    await Promise.race([
      synced.catch(() => undefined),
      ...this.#watched.all.map((informer) => firstError(informer, signal)),
    ]);
  }

  /** Ends the watches, aborts the runs under way and waits for them. */
  async stop(): Promise<void> {
    for (const source of this.#sources) source[Symbol.dispose]();
    this.#stop.abort(controllerErrors.STOPPED({ controller: this.name }));
    const drained = this.#queue.shutDown();
    for (const registration of this.#registrations) registration.remove();
    await drained;
    await this.#work;
    this.#isRunning = false;
    await this.#events.flush();
  }

  #watch(): void {
    const { owns = [], reads = [], for: resource } = this.#options;
    const target: SourceTarget = {
      name: this.name,
      kind: kindOf(resource),
      queue: this.#queue,
      clock: this.services.clock,
      logger: this.services.logger,
    };
    this.#registrations.push(watchOwnKind(this.#watched.of(resource), target));
    for (const owned of owns)
      this.#registrations.push(watchOwned(this.#watched.watch(owned).addIndex(ownerIndex, controllerUid), target));
    for (const read of reads)
      this.#registrations.push(this.#watched.watch(read).addHandler(() => undefined, { name: this.name }));
    for (const watch of watchesOf(this.reconciler.constructor as new () => object)) {
      if ('resource' in watch) this.#registrations.push(watchKind(this.#watched.watch(watch.resource), watch, target));
      else this.#sources.push(watchSource(watch, this.reconciler, target));
    }
  }
}

function optionError(controller: string, option: string, value: unknown, expected: string): Error {
  return controllerErrors.OPTION_INVALID({ controller, option, value, expected });
}

/** The methods behind the reconciler's finalizers. */
function finalizerSteps(reconciler: Reconciler<KubeObject>): FinalizerStep<KubeObject>[] {
  return finalizersOf(reconciler).map(({ finalizer, method }) => {
    const run = Reflect.get(reconciler, method) as FinalizerStep<KubeObject>['run'];
    return { finalizer, run: run.bind(reconciler) };
  });
}

/** Resolves when an informer reports an error, or when `signal` aborts. */
function firstError(informer: SharedInformer<KubeObject>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const subscription = informer.status$.subscribe(({ lastError }) => {
      if (lastError !== undefined) end();
    });
    const end = (): void => {
      // The first status comes during `subscribe`, before there is a subscription to end.
      queueMicrotask(() => subscription.unsubscribe());
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
  });
}
