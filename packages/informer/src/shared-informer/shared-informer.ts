/**
 * Shared informers: one picture of a kind for everybody in the process who wants it, kept for as long as somebody does.
 * They bring together a reflector and a store and tell handlers what changed; what to do about it is the handlers' business.
 */
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import type { Clock, Counter, Logger, Metrics, Random, Timer } from '@kubewright/core';
import type { Observable } from 'rxjs';
import { Waiters } from '@kubewright/core/async';
import type { Client } from '../client/client.js';
import type { SelectionOptions } from '../client/options.js';
import { informerErrors } from '../errors/informer-errors.js';
import { idleStatus } from '../reflector/reflector-status.js';
import type { ReflectorStatus } from '../reflector/reflector-status.js';
import { Reflector } from '../reflector/reflector.js';
import type { WatchListMemory } from '../reflector/watch-list-memory.js';
import type { IndexFunction } from '../store/index-set.js';
import { Lister } from '../store/lister.js';
import { Store } from '../store/store.js';
import type { Change } from '../store/store.js';
import { HandlerQueue } from './handler-queue.js';
import type { HandlerOptions, InformerEvent, InformerHandler } from './informer-event.js';
import { IsolatedObservable } from './isolated-observable.js';

/** What an informer covers of its kind. */
export type InformerScope = Pick<SelectionOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;

export interface SharedInformerOptions<T extends KubeObject> {
  readonly client: Client;
  readonly kind: Kind<T>;
  readonly scope: InformerScope;
  readonly prepare: (object: T) => DeepReadonly<T>;
  readonly watchListMemory: WatchListMemory;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** A handler's place at an informer. Ending it (`remove`, or `using`) lets the informer stop where it was the last. */
export interface HandlerRegistration extends Disposable {
  /** Whether the handler has dealt with the whole initial list: wait for this, not for the informer, before starting workers. */
  readonly hasSynced: boolean;
  /** Resolves when `hasSynced` becomes true; rejects with the signal's reason, or when the handler is removed. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  remove(): void;
}

interface Run<T extends KubeObject> {
  readonly reflector: Reflector<T>;
  readonly stop: AbortController;
  readonly finished: Promise<void>;
}

const shortestResync = 1000;

/**
 * One kind's objects in one scope, as events and as a store to read. It runs while it has handlers, subscribers or holders,
 * and starts anew when one comes back; get it from an `InformerFactory`, so that there is one per kind and scope.
 */
export class SharedInformer<T extends KubeObject> {
  readonly kind: Kind<T>;
  readonly scope: InformerScope;
  /** The objects, complete once `hasSynced`. Reads are local. */
  readonly lister: Lister<T>;
  /**
   * What happens, one event at a time and in order; first what there is, as added events. A subscriber that throws is
   * isolated. An Observable knows no back-pressure: for slow work use `addHandler` with an async function.
   */
  readonly events$: Observable<InformerEvent<T>>;
  readonly #options: SharedInformerOptions<T>;
  readonly #store: Store<T>;
  readonly #handlers = new Set<HandlerQueue<T>>();
  readonly #errors: Counter;
  readonly #observers = new Set<(status: ReflectorStatus) => void>();
  readonly #syncing = new Waiters<this>();
  #users = 0;
  #run: Run<T> | undefined;

  /** @internal */
  constructor(options: SharedInformerOptions<T>) {
    this.#options = options;
    this.kind = options.kind;
    this.scope = options.scope;
    this.#store = new Store<T>((index, error) =>
      options.logger.error('an index function threw; the object is not in the index', {
        kind: options.kind.kind,
        index,
        error,
      }),
    );
    this.lister = new Lister(this.#store);
    this.#errors = options.metrics.counter({
      name: 'informer_handler_errors_total',
      help: 'Errors that handlers threw.',
      labelNames: ['kind', 'handler'],
    });
    this.events$ = new IsolatedObservable<InformerEvent<T>>(
      (error) => this.#report(error, 'events$'),
      (subscriber) => {
        const registration = this.addHandler((event) => subscriber.next(event), { name: 'events$' });
        return () => registration.remove();
      },
    );
  }

  /** Whether the store was complete once since the informer started. A handler may still be behind: see its own `hasSynced`. */
  get hasSynced(): boolean {
    return this.status.hasSynced;
  }

  /** What the informer is doing and what went wrong last: for health checks. */
  get status(): ReflectorStatus {
    return this.#run === undefined || this.#run.stop.signal.aborted ? idleStatus : this.#run.reflector.status;
  }

  /** The status now and at each change. Watching it does not keep the informer running. */
  get status$(): Observable<ReflectorStatus> {
    return new IsolatedObservable<ReflectorStatus>(
      (error) => this.#report(error, 'status$'),
      (subscriber) => {
        const observe = (status: ReflectorStatus): void => subscriber.next(status);
        this.#observers.add(observe);
        observe(this.status);
        return () => this.#observers.delete(observe);
      },
    );
  }

  /** Up to which resourceVersion the store is complete; empty before the first list. */
  get resourceVersion(): string {
    return this.#store.resourceVersion;
  }

  /**
   * Tells a handler what happens, beginning with all there is. It gets every appearance and disappearance and the newest
   * state, in order per key; one event at a time.
   */
  addHandler(handler: InformerHandler<T>, options: HandlerOptions = {}): HandlerRegistration {
    const { clock } = this.#options;
    checkResyncPeriod(this.kind.kind, options.resyncPeriod);
    const queue = new HandlerQueue(handler, clock, (error) => this.#report(error, options.name ?? 'anonymous'));
    const hold = this.hold();
    this.#handlers.add(queue);
    if (this.#store.size > 0) queue.push(initialEvents(this.#store));
    if (this.hasSynced) queue.markInitialList();
    let resync = this.#scheduleResync(queue, options.resyncPeriod);
    const remove = (): void => {
      if (!this.#handlers.delete(queue)) return;
      resync?.cancel();
      resync = undefined;
      queue.close(informerErrors.INFORMER_STOPPED({}));
      hold[Symbol.dispose]();
    };
    return {
      get hasSynced() {
        return queue.hasSynced;
      },
      whenSynced: (signal) => queue.whenSynced(signal),
      remove,
      [Symbol.dispose]: remove,
    };
  }

  /** Keeps the informer running for somebody who only reads. */
  hold(): Disposable {
    this.#users++;
    this.#start();
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        if (--this.#users === 0) this.#stop();
      },
    };
  }

  /** Declares an index for `lister.list({ index })`, at any time. */
  addIndex(name: string, valuesOf: IndexFunction<DeepReadonly<T>>): this {
    this.#store.addIndex(name, valuesOf);
    return this;
  }

  /** Resolves when the store has been complete once; rejects with the signal's reason, or when the informer stops. */
  whenSynced(signal?: AbortSignal): Promise<void> {
    return this.#syncing.wait(this, () => this.hasSynced, signal);
  }

  /** Resolves when the store holds everything up to `resourceVersion`: what a write answered, to read it here. */
  waitFor(resourceVersion: string, signal?: AbortSignal): Promise<void> {
    return this.#store.waitFor(resourceVersion, signal);
  }

  /** Resolves when `isMet` holds for a key's object (undefined: absent), now or after a later change. */
  waitForKey(
    key: string,
    isMet: (object: DeepReadonly<T> | undefined) => boolean,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#store.waitForKey(key, isMet, signal);
  }

  /** Resolves when every request has ended, after the last user went. */
  async stopped(): Promise<void> {
    await this.#run?.finished;
  }

  #start(): void {
    if (this.#run !== undefined && !this.#run.stop.signal.aborted) return;
    const { scope: selection, ...options } = this.#options;
    const stop = new AbortController();
    const reflector = new Reflector<T>({
      ...options,
      selection,
      sink: {
        get: (key) => this.#store.get(key),
        replace: (objects, version) => {
          if (stop.signal.aborted) return;
          const isInitial = !reflector.status.hasSynced;
          this.#tell(this.#store.replace(objects, version), isInitial);
        },
        apply: (deltas, version) => {
          if (!stop.signal.aborted) this.#tell(this.#store.apply(deltas, version), false);
        },
      },
    });
    const subscription = reflector.status$.subscribe((status) => {
      if (this.#run?.reflector === reflector && status.hasSynced) this.#markSynced();
      for (const observe of this.#observers) observe(status);
    });
    const previous = this.#run?.finished;
    // The requests of the run before end first: one informer never has two watches open.
    const finished = Promise.resolve(previous)
      .then(() => reflector.run(stop.signal))
      .finally(() => subscription.unsubscribe());
    this.#run = { reflector, stop, finished };
  }

  #stop(): void {
    this.#run?.stop.abort(informerErrors.INFORMER_STOPPED({}));
    this.#store.clear();
    this.#syncing.rejectAll(informerErrors.INFORMER_STOPPED({}));
  }

  #markSynced(): void {
    for (const queue of this.#handlers) queue.markInitialList();
    this.#syncing.check(this);
  }

  #tell(changes: readonly Change<T>[], isInInitialList: boolean): void {
    if (changes.length === 0 || this.#handlers.size === 0) return;
    const events = changes.map((change) => ({ ...change, isInInitialList }));
    // A handler that is added meanwhile gets the same from the store.
    const present = [...this.#handlers];
    for (const queue of present) queue.push(events);
  }

  #scheduleResync(queue: HandlerQueue<T>, period: number | undefined): Timer | undefined {
    if (period === undefined) return undefined;
    const { clock } = this.#options;
    const tick = (): void => {
      const events = [...this.#store.entries()].filter(([key]) => !queue.hasPending(key));
      queue.push(
        events.map(([key, object]) => ({
          type: 'modified',
          key,
          object,
          old: object,
          isInInitialList: false,
          finalStateUnknown: false,
        })),
      );
      timer = clock.setTimer(Math.max(period, shortestResync), tick);
    };
    let timer = clock.setTimer(Math.max(period, shortestResync), tick);
    const cancel = (): void => timer.cancel();
    return { cancel, [Symbol.dispose]: cancel };
  }

  #report(error: unknown, handler: string): void {
    this.#errors.increment({ kind: this.kind.kind, handler });
    this.#options.logger.error('an informer handler threw; the informer goes on', {
      kind: this.kind.kind,
      handler,
      error,
    });
  }
}

/** A timer for a time that is none would fire at once, and again. */
function checkResyncPeriod(kind: string, value: number | undefined): void {
  if (value !== undefined && !Number.isFinite(value)) throw informerErrors.RESYNC_PERIOD({ kind, value });
}

function* initialEvents<T extends KubeObject>(store: Store<T>): Generator<InformerEvent<T>, void> {
  for (const [key, object] of store.entries()) {
    yield { type: 'added', key, object, old: undefined, isInInitialList: true, finalStateUnknown: false };
  }
}
