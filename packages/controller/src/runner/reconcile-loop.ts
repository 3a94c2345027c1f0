/**
 * The workers of a controller: they take keys, wait until the cache holds the controller's own writes, run finalizers and
 * `reconcile`, and turn what comes of it into the key's next time.
 */
import { StatusError, isConflict, isDeleting, isNotFound, parseObjectKey } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject, ObjectKey } from '@kubewright/api';
import type { Clock, Logger, Random, Span, Tracer } from '@kubewright/core';
import type { Client, SharedInformer, WorkItem, WorkQueue } from '@kubewright/informer';
import { controllerErrors } from '../errors/controller-errors.js';
import type { EventRecorder } from '../events/event-recorder.js';
import { missingFinalizers, runFinalizers } from '../finalizers/finalizer-steps.js';
import type { FinalizerStep } from '../finalizers/finalizer-steps.js';
import { ChildWriter } from '../objects/child-writer.js';
import type { ChildWriterOptions } from '../objects/child-writer.js';
import { TerminalError, delayOf } from '../reconcile/outcome.js';
import type { Outcome } from '../reconcile/outcome.js';
import type { Reconciler } from '../reconcile/reconciler.js';
import type { ControllerMetrics } from './controller-metrics.js';
import { Reconciliation } from './reconciliation.js';
import type { StuckRuns } from './stuck-runs.js';

/** How long a run waits for the cache before it reads live. */
const cacheCatchUp = 5_000;

export interface ReconcileLoopOptions<T extends KubeObject> {
  readonly name: string;
  readonly reconciler: Reconciler<T>;
  readonly kind: Kind<T>;
  readonly informer: SharedInformer<T>;
  readonly queue: WorkQueue;
  readonly finalizers: readonly FinalizerStep<T>[];
  readonly reconcileDeleting: boolean;
  readonly timeout: number | undefined;
  readonly stuck: StuckRuns;
  readonly writing: ChildWriterOptions;
  readonly events: EventRecorder;
  readonly metrics: ControllerMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly tracer: Tracer;
}

export class ReconcileLoop<T extends KubeObject> {
  constructor(private readonly options: ReconcileLoopOptions<T>) {}

  /**
   * One worker: runs keys until the queue is shut down. Never rejects.
   *
   * @param leave - gives the signal under which the next run goes, as soon as it may go; rejects when none may any more.
   */
  async work(leave: () => Promise<AbortSignal>): Promise<void> {
    const { queue, stuck } = this.options;
    for (let item = await queue.next(); item !== undefined; item = await queue.next()) {
      const signal = await leave().catch(() => undefined);
      if (signal === undefined) return item.done();
      await stuck.ended(item.key, this.#process(item, signal));
    }
  }

  /** The key is held until the run has ended, however long its worker waits for it. */
  async #process(item: WorkItem<string>, stop: AbortSignal): Promise<void> {
    using _held = item;
    const { name, metrics, clock, tracer, logger, random } = this.options;
    const id = random.uuid();
    const started = clock.monotonic();
    metrics.started();
    const log = logger.child({ controller: name, key: item.key, reconcile: id });
    try {
      const { name: objectName, namespace = '' } = parseObjectKey(item.key);
      const attributes = { controller: name, namespace, name: objectName, reconcile: id, retries: item.retries };
      const outcome = await tracer.span(`reconcile ${name}`, { attributes }, (span) =>
        this.#run(item, id, log, span, stop),
      );
      const delay = delayOf(outcome);
      if (delay === undefined)
        throw controllerErrors.RECONCILE_RESULT({ controller: name, key: item.key, value: outcome });
      this.#succeeded(item, delay, clock.monotonic() - started);
    } catch (error) {
      this.#failed(item, error, log, stop, clock.monotonic() - started);
    }
  }

  async #run(item: WorkItem<string>, id: string, logger: Logger, span: Span, stop: AbortSignal): Promise<Outcome> {
    const { reconciler, kind, writing } = this.options;
    const key = parseObjectKey(item.key);
    using limit = this.#timeLimit(item.key, stop);
    const object = await this.#read(item.key, key, limit.signal);
    if (object === undefined) {
      writing.ownWrites.forget(item.key);
      writing.memory.forget(item.key);
      reconciler.forget?.(key);
      return undefined;
    }
    const { signal } = limit;
    const { client, watched } = writing;
    const writer = new ChildWriter<T>(writing, object, item.key, signal);
    const { causes, retries } = item;
    const { clock, events } = this.options;
    const ctx = new Reconciliation<T>({
      id,
      object,
      kind,
      key,
      causes,
      retries,
      signal,
      logger,
      span,
      client,
      clock,
      watched,
      writer,
      events,
    });
    try {
      const outcome = await this.#reconcile(object, ctx);
      writing.memory.end(item.key);
      return outcome;
    } catch (error) {
      if (!(await this.#isAboutAbsence(error, object, item.key, signal))) throw error;
      // Its deletion is an event of its own; nothing is left to be done for it, and nothing went wrong.
      logger.debug('the object was deleted while it was reconciled', { error });
      return undefined;
    }
  }

  async #reconcile(object: DeepReadonly<T>, ctx: Reconciliation<T>): Promise<Outcome> {
    const { reconciler, kind, finalizers, reconcileDeleting } = this.options;
    if (isDeleting(object)) {
      await runFinalizers(kind, object, finalizers, ctx);
      return reconcileDeleting ? reconciler.reconcile(object, ctx) : undefined;
    }
    const missing = missingFinalizers(object, finalizers);
    // The write comes back as an event: the run that follows has the finalizers, and nothing to undo was done before.
    if (missing.length > 0) return void (await ctx.addFinalizer(kind, object, ...missing));
    return reconciler.reconcile(object, ctx);
  }

  /** The object, at least as new as this controller's own writes: from the cache, or live where that does not catch up. */
  async #read(text: string, key: ObjectKey, signal: AbortSignal): Promise<DeepReadonly<T> | undefined> {
    const { writing, informer, kind, metrics, clock } = this.options;
    const { ownWrites } = writing;
    if (ownWrites.isSettled(text)) return informer.lister.get(text);
    const waited = new AbortController();
    const timer = clock.setTimer(cacheCatchUp, () => waited.abort());
    try {
      await ownWrites.settled(text, AbortSignal.any([signal, waited.signal]));
      return informer.lister.get(text);
    } catch (error) {
      signal.throwIfAborted();
      if (!waited.signal.aborted) throw error;
      metrics.staleRead();
      ownWrites.forget(text);
      return await this.#readLive(kind, key, writing.client, signal);
    } finally {
      timer.cancel();
    }
  }

  async #readLive(
    kind: Kind<T>,
    key: ObjectKey,
    client: Client,
    signal: AbortSignal,
  ): Promise<DeepReadonly<T> | undefined> {
    try {
      return (await client.get(kind, key, { signal })) as DeepReadonly<T>;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /**
   * Whether an error says that the reconciled object itself is gone, and it is: another object of its name, or one that it
   * wants to be there, is not to be taken for it.
   */
  async #isAboutAbsence(
    error: unknown,
    { metadata }: DeepReadonly<T>,
    text: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (signal.aborted || !StatusError.is(error) || !isNotFound(error)) return false;
    const { informer, kind, writing } = this.options;
    const { name, kind: resource, group = '' } = error.details;
    if (name !== metadata.name || group !== kind.group || (resource !== kind.plural && resource !== kind.kind))
      return false;
    if (informer.lister.get(text)?.metadata.uid !== metadata.uid) return true;
    try {
      return (await this.#readLive(kind, parseObjectKey(text), writing.client, signal))?.metadata.uid !== metadata.uid;
    } catch {
      return false;
    }
  }

  /** A signal that aborts with the controller, or when the run has taken too long. */
  #timeLimit(key: string, stop: AbortSignal): Disposable & { readonly signal: AbortSignal } {
    const { timeout, clock, name } = this.options;
    if (timeout === undefined) return { signal: stop, [Symbol.dispose]: () => {} };
    const late = new AbortController();
    const timer = clock.setTimer(timeout, () =>
      late.abort(controllerErrors.RECONCILE_TIMEOUT({ controller: name, key, milliseconds: timeout })),
    );
    return { signal: AbortSignal.any([stop, late.signal]), [Symbol.dispose]: () => timer.cancel() };
  }

  #succeeded(item: WorkItem<string>, after: number, milliseconds: number): void {
    const { queue, metrics } = this.options;
    queue.forget(item.key);
    if (after === 0) return metrics.finished('success', milliseconds);
    queue.add(item.key, { after, priority: item.priority, cause: { type: 'requeue' } });
    return metrics.finished('requeue_after', milliseconds);
  }

  #failed(item: WorkItem<string>, error: unknown, logger: Logger, stop: AbortSignal, milliseconds: number): void {
    const { queue, metrics } = this.options;
    if (stop.aborted) {
      // Told to end, it has not failed: where the controller goes on, as a leader that leads again, the key comes at once.
      queue.add(item.key, { priority: item.priority, cause: { type: 'retry' } });
      return metrics.finished('requeue', milliseconds);
    }
    const again = { priority: item.priority, cause: { type: 'retry' } };
    if (isConflict(error)) {
      queue.addRateLimited(item.key, again);
      return metrics.finished('requeue', milliseconds);
    }
    if (TerminalError.is(error)) {
      queue.forget(item.key);
      metrics.failed('terminal', error);
    } else {
      queue.addRateLimited(item.key, again);
      metrics.failed(controllerErrors.RECONCILE_TIMEOUT.is(error) ? 'timeout' : 'retried', error);
    }
    logger.error('reconcile failed', { error, retries: item.retries });
    return metrics.finished('error', milliseconds);
  }
}
