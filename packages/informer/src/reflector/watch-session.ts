import { StatusError } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import type { Clock, Labels, Metrics, Random } from '@kubewright/core';
import type { WatchOptions } from '../client/options.js';
import { informerErrors } from '../errors/informer-errors.js';
import type { Delta } from '../store/store.js';
import { TurnBudget } from '../turn/turn-budget.js';
import type { TakenBatch } from '../watch/event-batch.js';
import { parseEvent } from '../watch/raw-event.js';
import { readBatches } from '../watch/read-batches.js';
import { InitialEvents, initialEventsEnd } from './initial-events.js';

export interface WatchSessionOptions<T extends KubeObject> {
  readonly open: (options: WatchOptions) => Promise<AsyncIterable<Uint8Array>>;
  /** Events after it; empty, with initial events: the newest state. */
  readonly resourceVersion: string;
  readonly withInitialEvents: boolean;
  readonly prepare: (object: T) => DeepReadonly<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly labels: Labels;
  readonly onOpen: () => void;
  readonly onInitial: (objects: readonly DeepReadonly<T>[], resourceVersion: string) => void;
  readonly onDeltas: (deltas: readonly Delta<T>[], resourceVersion: string) => void;
}

/** A watch asks for 5 to 10 minutes, by chance, so that the watches of many clients do not end together: client-go's numbers. */
const shortestWatch = 300;
/** Seconds that an open watch may outlive its time before its connection is taken for dead. */
const overtime = 10;
/** A watch that ended sooner, without an event, was not a watch. */
const veryShort = 1000;

/** One watch request from its opening to its end. */
export class WatchSession<T extends KubeObject> {
  readonly #options: WatchSessionOptions<T>;
  readonly #ending = new AbortController();
  #initial: InitialEvents<T> | undefined;
  #events = 0;

  constructor(options: WatchSessionOptions<T>) {
    this.#options = options;
  }

  /** Resolves when the server ended the watch after its time; rejects on everything else, after applying all that came. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, withInitialEvents, resourceVersion } = this.#options;
    const started = clock.monotonic();
    const timeoutSeconds = Math.floor(shortestWatch * (1 + random.next()));
    const lifetime = timeoutSeconds + overtime;
    const expire = (): void => this.#ending.abort(informerErrors.WATCH_DEADLINE({ seconds: lifetime }));
    using _deadline = clock.setTimer(lifetime * 1000, expire);
    using initial = withInitialEvents ? new InitialEvents<T>(clock, (error) => this.#ending.abort(error)) : undefined;
    this.#initial = initial;
    const streamSignal = AbortSignal.any([signal, this.#ending.signal]);
    try {
      const body = await this.#options.open({
        signal: streamSignal,
        timeoutSeconds,
        ...(resourceVersion !== '' && { resourceVersion }),
        ...(withInitialEvents && { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }),
      });
      this.#options.onOpen();
      for await (const batch of readBatches(body)) await this.#process(batch, streamSignal);
      streamSignal.throwIfAborted();
    } finally {
      // Whatever ended the session, nobody reads the body any more.
      this.#ending.abort(informerErrors.INFORMER_STOPPED({}));
    }
    const lived = clock.monotonic() - started;
    if (this.#initial !== undefined) {
      throw informerErrors.WATCH_LIST_INCOMPLETE({
        problem: 'the server closed the watch before',
        permanent: lived >= timeoutSeconds * 1000,
      });
    }
    if (this.#events === 0 && lived < veryShort) throw informerErrors.WATCH_TOO_SHORT({});
  }

  /**
   * Applies a batch, giving way to others between its parts. Only the whole batch advances the resourceVersion, since
   * merged events stand before older ones of other objects.
   */
  async #process(batch: TakenBatch, signal: AbortSignal): Promise<void> {
    const { clock, labels } = this.#options;
    const turns = TurnBudget.of(clock);
    let deltas: Delta<T>[] = [];
    let failure: StatusError | undefined;
    for (const raw of batch.events) {
      while (!turns.take()) {
        if (deltas.length > 0) this.#options.onDeltas(deltas, '');
        deltas = [];
        await turns.turn();
        signal.throwIfAborted();
      }
      if (raw.type === 'ERROR') {
        failure = StatusError.from(parseEvent(raw.line).object);
        break;
      }
      this.#events++;
      if (raw.type === 'BOOKMARK') this.#bookmark(raw.line);
      else {
        const object = this.#options.prepare(parseEvent(raw.line).object as T);
        const type = raw.type === 'DELETED' ? 'delete' : 'upsert';
        if (this.#initial === undefined) deltas.push({ type, object });
        else if (type === 'upsert') this.#initial.add(object);
        else this.#initial.delete(object);
      }
    }
    if (this.#initial === undefined) this.#options.onDeltas(deltas, batch.resourceVersion);
    else if (batch.events.some(({ type }) => type === 'ADDED')) this.#initial.progress();
    this.#count(batch, labels);
    if (failure !== undefined) throw failure;
  }

  #bookmark(line: string): void {
    if (this.#initial === undefined) return;
    const { metadata } = parseEvent(line).object;
    if (metadata.annotations?.[initialEventsEnd] !== 'true') return;
    const { objects } = this.#initial;
    this.#initial[Symbol.dispose]();
    this.#initial = undefined;
    this.#options.onInitial(objects, metadata.resourceVersion ?? '');
  }

  #count({ events, merged }: TakenBatch, labels: Labels): void {
    const { metrics } = this.#options;
    metrics
      .counter({ name: 'informer_watch_events_total', help: 'Events that watches brought.', labelNames: ['resource'] })
      .increment(labels, events.length + merged);
    if (merged === 0) return;
    metrics
      .counter({
        name: 'informer_merged_events_total',
        help: 'Events that were replaced by newer ones before anybody read them.',
        labelNames: ['resource'],
      })
      .increment(labels, merged);
  }
}
