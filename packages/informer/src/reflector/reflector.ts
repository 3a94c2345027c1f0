/**
 * Keeps a store like a collection of the API server: lists it, watches it, and recovers from whatever goes wrong between.
 * It never stops on its own. It decides nothing about handlers (see `shared-informer`).
 */
import { isExpired } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import type { Clock, Counter, Logger, Metrics, Random } from '@kubewright/core';
import { BehaviorSubject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Client } from '../client/client.js';
import type { SelectionOptions } from '../client/options.js';
import { informerErrors } from '../errors/informer-errors.js';
import { collectionPath } from '../client/resource-path.js';
import type { Delta } from '../store/store.js';
import { Backoff } from './backoff.js';
import { listCollection } from './list-collection.js';
import { ObjectGuard } from './object-guard.js';
import { planRecovery } from './recovery.js';
import type { Recovery, Stage } from './recovery.js';
import { idleStatus } from './reflector-status.js';
import type { ReflectorStatus } from './reflector-status.js';
import type { WatchListMemory } from './watch-list-memory.js';
import { WatchSession, veryShort } from './watch-session.js';

/** Where a reflector puts what it learns. The calls come one at a time and in order. */
export interface ReflectorSink<T extends KubeObject> {
  /** The whole collection as of `resourceVersion`. */
  replace(objects: readonly DeepReadonly<T>[], resourceVersion: string): void;
  /** What changed, in order; complete up to `resourceVersion` unless that is empty. */
  apply(deltas: readonly Delta<T>[], resourceVersion: string): void;
  /** What is held under a key. */
  get(key: string): DeepReadonly<T> | undefined;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Client;
  readonly kind: Kind<T>;
  readonly selection: Pick<SelectionOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;
  readonly sink: ReflectorSink<T>;
  /** Makes a parsed object fit for the sink. */
  readonly prepare: (object: T) => DeepReadonly<T>;
  readonly watchListMemory: WatchListMemory;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** So many watches in a row may end within a second, as while a server restarts; then the reflector backs off. */
const shortWatches = 3;

export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #collection: string;
  readonly #backoff: Backoff;
  readonly #logger: Logger;
  readonly #failures: Counter;
  readonly #received: Counter;
  readonly #merged: Counter;
  readonly #guard: ObjectGuard<T>;
  readonly #labels: { readonly resource: string };
  readonly #status = new BehaviorSubject<ReflectorStatus>(idleStatus);
  /** Up to where the sink is complete; empty: nowhere. */
  #resourceVersion = '';
  /** The next LIST or watch-list asks for the newest state. */
  #wantsNewest = true;
  #isFirst = true;
  #needsList = true;
  #listOnce = false;
  #stage: Stage = 'list';
  #listedAt = Number.NEGATIVE_INFINITY;
  /** The sink holds something newer than `#resourceVersion`: a batch was cut off in the middle, and its events come again. */
  #isAhead = false;
  #shortWatches = 0;

  constructor(options: ReflectorOptions<T>) {
    const { kind, selection, clock, random, metrics } = options;
    this.#options = options;
    this.#collection = collectionPath(kind, selection.namespace);
    this.#backoff = new Backoff(clock, random);
    this.#logger = options.logger.child({ resource: this.#collection });
    this.#labels = { resource: kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}` };
    this.#failures = metrics.counter({
      name: 'informer_failures_total',
      help: 'Failed list and watch attempts by stage.',
      labelNames: ['resource', 'stage'],
    });
    const counter = (name: string, help: string): Counter =>
      metrics.counter({ name, help, labelNames: ['resource'], series: [this.#labels] });
    this.#received = counter('informer_watch_events_total', 'Events that watches brought.');
    this.#merged = counter(
      'informer_merged_events_total',
      'Events that were replaced by newer ones before anybody read them.',
    );
    const refused = counter(
      'informer_refused_objects_total',
      'Objects that a server sent and that cannot belong to the collection.',
    );
    this.#guard = new ObjectGuard<T>({
      kind,
      namespace: selection.namespace,
      known: (key) => options.sink.get(key),
      onRefused: () => refused.increment(this.#labels),
    });
  }

  get status(): ReflectorStatus {
    return this.#status.value;
  }

  /** The status now and whenever it changes; completes when the reflector has stopped. */
  get status$(): Observable<ReflectorStatus> {
    return this.#status.asObservable();
  }

  /** Runs until the signal aborts; then resolves, with every request ended. Never rejects. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let error: unknown;
      try {
        await this.#advance(signal);
      } catch (thrown) {
        error = thrown ?? new Error('nothing was thrown');
      }
      if (signal.aborted) break;
      await this.#recover(error, signal);
    }
    this.#report({ phase: 'stopped' });
    this.#status.complete();
  }

  /** One list, or one watch until it ends. */
  async #advance(signal: AbortSignal): Promise<void> {
    const { watchListMemory } = this.#options;
    if (!this.#needsList) await this.#watch(signal, false);
    else if (!this.#listOnce && watchListMemory.isSupported(this.#collection)) await this.#watch(signal, true);
    else await this.#list(signal);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, kind, selection, prepare, sink } = this.#options;
    this.#stage = 'list';
    this.#report({ phase: 'listing' });
    // The first LIST may come from any server's cache; afterwards the picture must not go back in time.
    const resourceVersion = this.#resourceVersion !== '' ? this.#resourceVersion : this.#isFirst ? '0' : '';
    const asked = this.#wantsNewest && !this.#isFirst ? '' : resourceVersion;
    const list = await listCollection(client, kind, { ...selection, signal }, asked);
    this.#guard.list(list.items as readonly DeepReadonly<T>[], asked === '');
    sink.replace(list.items.map(prepare), list.resourceVersion);
    this.#synced(list.resourceVersion);
  }

  async #watch(signal: AbortSignal, withInitialEvents: boolean): Promise<void> {
    const { client, kind, selection, prepare, sink, clock, random } = this.#options;
    if (withInitialEvents) this.#report({ phase: 'syncing' });
    this.#stage = withInitialEvents ? 'watch-list' : 'watch-open';
    // Some aggregated APIs give their lists none, or 0, which means any. A watch from anywhere would miss what was deleted since.
    if (!withInitialEvents && (this.#resourceVersion === '' || this.#resourceVersion === '0'))
      throw informerErrors.LIST_UNVERSIONED({ plural: kind.plural });
    const resourceVersion = withInitialEvents && this.#wantsNewest ? '' : this.#resourceVersion;
    const session = new WatchSession<T>({
      open: (options) => client.openWatch(kind, { ...selection, ...options }),
      resourceVersion,
      withInitialEvents,
      guard: this.#guard,
      mayRepeat: this.#isAhead,
      prepare,
      clock,
      random,
      onBatch: (received, merged) => {
        this.#received.increment(this.#labels, received);
        this.#merged.increment(this.#labels, merged);
      },
      onOpen: () => {
        if (withInitialEvents) return;
        this.#stage = 'watch';
        this.#report({ phase: 'live' });
      },
      onInitial: (objects, version) => {
        this.#guard.list(objects, resourceVersion === '');
        sink.replace(objects, version);
        this.#synced(version);
        this.#stage = 'watch';
      },
      onDeltas: (deltas, version) => {
        sink.apply(deltas, version);
        this.#isAhead = version === '' ? this.#isAhead || deltas.length > 0 : false;
        if (version === '') return;
        this.#resourceVersion = version;
        if (this.status.failures > 0) this.#report({ phase: 'live', failures: 0 });
      },
    });
    const lived = await session.run(signal);
    this.#shortWatches = lived < veryShort ? this.#shortWatches + 1 : 0;
    if (this.#shortWatches > shortWatches) throw informerErrors.WATCH_TOO_SHORT({});
  }

  #synced(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    this.#listedAt = this.#options.clock.monotonic();
    this.#needsList = false;
    this.#listOnce = false;
    this.#wantsNewest = false;
    this.#isFirst = false;
    this.#isAhead = false;
    this.#report({ phase: 'live', hasSynced: true, failures: 0 });
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const recovery = planRecovery(this.#stage, error, {
      knowsVersion: this.#resourceVersion !== '' && !this.#wantsNewest,
      hasJustListed: this.#options.clock.monotonic() - this.#listedAt < 30_000,
    });
    if (error === undefined) return;
    this.#note(recovery);
    this.#failures.increment({ ...this.#labels, stage: this.#stage });
    const delay = recovery.wait
      ? Math.min(Math.max(this.#backoff.next(), recovery.floor ?? 0), recovery.cap ?? Number.POSITIVE_INFINITY)
      : 0;
    this.#report({
      phase: recovery.wait ? 'backing-off' : this.status.phase,
      failures: this.status.failures + 1,
      lastError: error,
    });
    const fields = { stage: this.#stage, next: recovery.next, delay: Math.round(delay), error };
    if (isExpired(error)) this.#logger.debug('the watch is too old', fields);
    else this.#logger.warn('a list or watch failed; trying again', fields);
    try {
      await this.#options.clock.sleep(delay, signal);
    } catch {
      // Aborted: the loop sees it.
    }
  }

  #note(recovery: Recovery): void {
    if (recovery.next === 'relist') this.#needsList = true;
    if (recovery.forgetVersion === true) {
      this.#wantsNewest = true;
      this.#isFirst = false;
    }
    if (recovery.list !== undefined) this.#listOnce = true;
    if (recovery.list === 'always') this.#options.watchListMemory.markUnsupported(this.#collection);
  }

  #report(change: Partial<ReflectorStatus>): void {
    const next = { ...this.#status.value, ...change };
    const before = this.#status.value;
    if (
      next.phase === before.phase &&
      next.failures === before.failures &&
      next.hasSynced === before.hasSynced &&
      next.lastError === before.lastError
    )
      return;
    this.#status.next(next);
  }
}
