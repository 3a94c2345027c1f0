import { StatusError, formatObjectKey } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import type { Clock, Random } from '@kubewright/core';
import type { WatchOptions } from '../client/options.js';
import { informerErrors } from '../errors/informer-errors.js';
import type { Delta } from '../store/store.js';
import { TurnBudget } from '../turn/turn-budget.js';
import type { TakenBatch } from '../watch/event-batch.js';
import { parseEvent } from '../watch/raw-event.js';
import type { RawEvent } from '../watch/raw-event.js';
import { readBatches } from '../watch/read-batches.js';
import { InitialEvents, initialEventsEnd } from './initial-events.js';
import { isOlder, isOlderSelf } from './object-guard.js';
import type { ObjectGuard } from './object-guard.js';

export interface WatchSessionOptions<T extends KubeObject> {
  readonly open: (options: WatchOptions) => Promise<AsyncIterable<Uint8Array>>;
  /** Events after it; empty, with initial events: the newest state. */
  readonly resourceVersion: string;
  readonly withInitialEvents: boolean;
  readonly guard: ObjectGuard<T>;
  /** Events may come that the store has applied already; older ones are then passed over instead of refused. */
  readonly mayRepeat: boolean;
  readonly prepare: (object: T) => DeepReadonly<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onOpen: () => void;
  /** How many events came at once, and how many of them were replaced by newer ones before anybody read them. */
  readonly onBatch: (received: number, merged: number) => void;
  readonly onInitial: (objects: readonly DeepReadonly<T>[], resourceVersion: string) => void;
  readonly onDeltas: (deltas: readonly Delta<T>[], resourceVersion: string) => void;
}

/** A watch asks for 5 to 10 minutes, by chance, so that the watches of many clients do not end together: client-go's numbers. */
const shortestWatch = 300;
/** Seconds that an open watch may outlive its time before its connection is taken for dead. */
const overtime = 10;
/** Milliseconds: a watch that ended sooner, without an event, was not a watch. */
export const veryShort = 1000;

/** One watch request from its opening to its end. */
export class WatchSession<T extends KubeObject> {
  readonly #options: WatchSessionOptions<T>;
  readonly #ending = new AbortController();
  #initial: InitialEvents<T> | undefined;
  #events = 0;
  /** What was taken and not handed over yet, and the newest state in it by key. */
  #deltas: Delta<T>[] = [];
  readonly #newest = new Map<string, DeepReadonly<T>>();

  constructor(options: WatchSessionOptions<T>) {
    this.#options = options;
  }

  /**
   * Resolves when the server ended the watch after its time, with how many milliseconds it lived; rejects on everything else,
   * after applying all that came.
   */
  async run(signal: AbortSignal): Promise<number> {
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
    return lived;
  }

  /**
   * Applies a batch, giving way to others between its parts. Only the whole batch advances the resourceVersion, since
   * merged events stand before older ones of other objects.
   */
  async #process(batch: TakenBatch, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const turns = TurnBudget.of(clock);
    let done = 0;
    let failure: unknown;
    for (const raw of batch.events) {
      while (!turns.take()) {
        this.#flush('');
        await turns.turn();
        signal.throwIfAborted();
      }
      try {
        this.#take(raw);
      } catch (error) {
        failure = error;
        break;
      }
      done++;
    }
    // What comes after a failure is not applied, so the batch's version is reached only where the failure was the end of it.
    const isWhole = done === batch.events.length || (done === batch.events.length - 1 && StatusError.is(failure));
    if (this.#initial === undefined) this.#flush(isWhole ? batch.resourceVersion : '');
    else if (batch.events.some(({ type }) => type === 'ADDED')) this.#initial.progress();
    this.#options.onBatch(batch.events.length + batch.merged, batch.merged);
    if (failure !== undefined) throw failure;
  }

  /** Hands over what was taken since the last time. */
  #flush(resourceVersion: string): void {
    const deltas = this.#deltas;
    this.#deltas = [];
    this.#newest.clear();
    if (deltas.length > 0 || resourceVersion !== '') this.#options.onDeltas(deltas, resourceVersion);
  }

  #take(raw: RawEvent): void {
    if (raw.type === 'ERROR') throw StatusError.from(parseEvent(raw.line).object);
    if (raw.type === 'BOOKMARK') return this.#bookmark(raw.line);
    const { prepare, guard, mayRepeat } = this.#options;
    this.#events++;
    const object = prepare(parseEvent(raw.line).object as T);
    guard.object(object);
    const key = formatObjectKey(object.metadata);
    if (this.#initial === undefined) {
      const known = this.#newest.get(key) ?? guard.known(key);
      // What was applied before the connection broke comes again: it is known already, with all that came of it.
      if (mayRepeat && isOlder(object, known)) return undefined;
      if (isOlderSelf(object, known)) guard.refuseOlder(object);
    } else if (isOlderSelf(object, this.#initial.get(key))) guard.refuseOlder(object);
    const type = raw.type === 'DELETED' ? 'delete' : 'upsert';
    if (this.#initial === undefined) {
      this.#deltas.push({ type, object });
      this.#newest.set(key, object);
    } else if (type === 'upsert') this.#initial.add(object);
    else this.#initial.delete(object);
    return undefined;
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
}
