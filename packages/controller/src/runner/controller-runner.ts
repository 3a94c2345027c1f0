/**
 * One controller at work: its informers, its queue and its workers. It starts and stops on its own, whatever others do. Where
 * copies of the program elect a leader, its informers run in each, and handlers and workers in the one that leads.
 */
import type { KubeObject } from '@kubewright/api';
import type { Clock, Logger, Metrics, Random, Tracer } from '@kubewright/core';
import { WorkQueue } from '@kubewright/informer';
import type { SharedInformer } from '@kubewright/informer';
import { withOwnership } from '../adoption/ownership-index.js';
import type { Cluster } from '../cluster/cluster.js';
import { kindOf } from '../custom-resource/custom-resource.js';
import { controllerOptionsOf } from '../decorators/controller.js';
import { finalizersOf } from '../decorators/finalizer.js';
import { watchesOf } from '../decorators/watches.js';
import { controllerErrors } from '../errors/controller-errors.js';
import { EventRecorder } from '../events/event-recorder.js';
import type { FinalizerStep } from '../finalizers/finalizer-steps.js';
import { ApplyMemory } from '../objects/apply-memory.js';
import { KindDirectory } from '../objects/kind-directory.js';
import { OwnWrites } from '../own-writes/own-writes.js';
import type { LeaderGate } from '../leader-election/leader-gate.js';
import type { Reconciler } from '../reconcile/reconciler.js';
import { ControllerMetrics } from './controller-metrics.js';
import { watchKind, watchOwnKind, watchOwned, watchSource } from './event-sources.js';
import type { SourceTarget } from './event-sources.js';
import { ReconcileLoop } from './reconcile-loop.js';
import { StuckRuns } from './stuck-runs.js';
import { WatchedKinds } from '../objects/watched-kinds.js';

/** A reconcile mostly waits for the server, so several at once are safe and fast; the same key never runs twice at once. */
const defaultConcurrency = 8;

export interface RunnerServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  /** Absent where no leader is elected. */
  readonly gate?: LeaderGate | undefined;
}

export class ControllerRunner {
  readonly name: string;
  readonly #options: NonNullable<ReturnType<typeof controllerOptionsOf>>;
  readonly #queue: WorkQueue;
  readonly #watched: WatchedKinds;
  readonly #stop = new AbortController();
  /** Absent where this controller works in every copy of the program. */
  readonly #gate: LeaderGate | undefined;
  /** Informers held, handlers and sources: what ends with the controller. */
  readonly #held: Disposable[] = [];
  readonly #events: EventRecorder;
  readonly #loop: ReconcileLoop<KubeObject>;
  readonly #stuck: StuckRuns;
  #works = false;
  #work: Promise<unknown> = Promise.resolve();
  /** The term of leadership that runs go under, and the signal that aborts with it or with the controller. */
  #term: { readonly of: AbortSignal; readonly signal: AbortSignal } | undefined;

  constructor(
    private readonly reconciler: Reconciler<KubeObject>,
    cluster: Cluster,
    private readonly services: RunnerServices,
  ) {
    const target = reconciler.constructor as new () => object;
    const options = controllerOptionsOf(target);
    if (options === undefined) throw controllerErrors.NOT_A_CONTROLLER({ className: target.name });
    const { clock, random, logger, metrics, tracer, gate } = services;
    const { name, timeout, needsLeader = true } = options;
    const concurrency = options.concurrency ?? defaultConcurrency;
    if (!Number.isSafeInteger(concurrency) || concurrency < 1)
      throw optionError(name, 'concurrency', concurrency, 'a whole number of 1 or more');
    if (timeout !== undefined && !(Number.isFinite(timeout) && timeout > 0))
      throw optionError(name, 'timeout', timeout, 'a number of milliseconds above 0');
    const kind = kindOf(options.for);
    const client = cluster.client({ name, needsLeader });
    this.name = name;
    this.#gate = needsLeader ? gate : undefined;
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

  /**
   * Why it is not ready: the first informer that is not complete, and what it last met with. Once it works: which of its runs
   * does not end. One that waits to lead is ready when its informers are complete.
   */
  get waitingFor(): string | undefined {
    if (this.#works) return this.#stuck.problem;
    const behind = this.#watched.all.find((informer) => !informer.hasSynced);
    if (behind === undefined) return this.#gate === undefined ? `controller ${this.name} is starting` : undefined;
    const { lastError } = behind.status;
    return `controller ${this.name} waits for the informer of ${behind.kind.kind}${lastError instanceof Error ? `: ${lastError.message}` : ''}`;
  }

  /**
   * Starts the informers; handlers and workers follow in the background: at once, or when this copy leads. A handler that comes
   * later is told of all there is from the informer's store, without a request; and what passes by a copy that never leads leaves
   * nothing behind in its queue.
   *
   * @returns resolves when the workers run, or have only to wait to lead; or when it is known that they cannot run yet: an
   * informer met with an error. It goes on trying in that case.
   */
  async start(): Promise<void> {
    const { signal } = this.#stop;
    const gate = this.#gate;
    this.#holdInformers();
    const begun = gate === undefined ? this.#watch(signal) : gate.lead(signal).then(() => this.#watch(signal));
    this.#work = begun.then(
      () => this.#runWorkers(),
      (error: unknown) => {
        if (!signal.aborted)
          this.services.logger.error('a controller could not start', { controller: this.name, error });
      },
    );
    const informers = this.#watched.all;
    const ready = gate === undefined ? begun : Promise.all(informers.map((informer) => informer.whenSynced(signal)));
    await Promise.race([ready.catch(() => undefined), ...informers.map((informer) => firstError(informer, signal))]);
  }

  /** Ends the watches, aborts the runs under way and waits for them. */
  async stop(): Promise<void> {
    this.#stop.abort(controllerErrors.STOPPED({ controller: this.name }));
    const drained = this.#queue.shutDown();
    for (const held of this.#held) held[Symbol.dispose]();
    await drained;
    await this.#work;
    this.#works = false;
    await this.#events.flush();
  }

  async #runWorkers(): Promise<void> {
    this.#works = true;
    const { concurrency = defaultConcurrency } = this.#options;
    await Promise.all(Array.from({ length: concurrency }, () => this.#loop.work(() => this.#mayRun())));
  }

  /** Resolves when a run may begin, to the signal that ends it: with the controller, or with this copy's leadership. */
  async #mayRun(): Promise<AbortSignal> {
    const { signal } = this.#stop;
    if (this.#gate === undefined) return signal;
    const of = await this.#gate.lead(signal);
    if (this.#term?.of !== of) this.#term = { of, signal: AbortSignal.any([signal, of]) };
    return this.#term.signal;
  }

  #holdInformers(): void {
    const { owns = [], reads = [] } = this.#options;
    for (const owned of owns) withOwnership(this.#watched.watch(owned));
    for (const read of reads) this.#watched.watch(read);
    for (const watch of watchesOf(this.reconciler.constructor as new () => object))
      if ('resource' in watch) this.#watched.watch(watch.resource);
    this.#held.push(...this.#watched.all.map((informer) => informer.hold()));
  }

  /** Adds the handlers and sources; resolves when the handlers have seen all that there was. */
  async #watch(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { owns = [], reads = [], for: resource } = this.#options;
    const target: SourceTarget = {
      name: this.name,
      kind: kindOf(resource),
      queue: this.#queue,
      clock: this.services.clock,
      logger: this.services.logger,
    };
    const registrations = [
      watchOwnKind(this.#watched.of(resource), target),
      ...owns.map((owned) => watchOwned(this.#watched.of(owned), target)),
      ...reads.map((read) => this.#watched.of(read).addHandler(() => undefined, { name: this.name })),
    ];
    for (const watch of watchesOf(this.reconciler.constructor as new () => object)) {
      if ('resource' in watch) registrations.push(watchKind(this.#watched.of(watch.resource), watch, target));
      else this.#held.push(watchSource(watch, this.reconciler, target));
    }
    this.#held.push(...registrations);
    await Promise.all(registrations.map((registration) => registration.whenSynced(signal)));
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
