/**
 * The work queue: which keys are to be processed, by whom and when. One structure for dedup, delay, priority, fairness and
 * backoff, with one timer. It knows nothing of what a key stands for.
 */
import { SystemClock, noMetrics } from '@kubewright/core';
import type { Clock, Metrics, Timer } from '@kubewright/core';
import { abortReason } from '@kubewright/core/async';
import { informerErrors } from '../errors/informer-errors.js';
import { TurnBudget } from '../turn/turn-budget.js';
import { Fifo } from './fifo.js';
import { QueueMetrics } from './queue-metrics.js';
import { ReadyQueue } from './ready-queue.js';
import { TimerHeap } from './timer-heap.js';
import type { AddOptions, Cause, WorkItem } from './work-item.js';

export interface WorkQueueOptions<K> {
  /** Unique in the process: the label of its metrics. */
  readonly name: string;
  /** What makes two keys the same. Default: the key itself as a string. */
  readonly idOf?: ((key: K) => string) | undefined;
  /** Keys of one answer take turns with the others within a priority, as by namespace. Default: all the same. */
  readonly fairnessOf?: ((key: K) => string) | undefined;
  /** The first backoff in milliseconds, doubled each time. Default: 5. */
  readonly baseDelay?: number | undefined;
  /** The longest backoff in milliseconds. Default: 1,000,000. */
  readonly maxDelay?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly metrics?: Metrics | undefined;
}

/** What is known of a key while it is waiting, ready, or wanted again while being processed. */
interface Entry<K> {
  readonly key: K;
  readonly id: string;
  readonly fairness: string;
  state: 'waiting' | 'ready' | 'blocked';
  priority: number;
  readyAt: number;
  heapIndex: number;
  place: object | undefined;
  causes: Cause[];
  omittedCauses: number;
}

interface Running<K> {
  readonly startedAt: number;
  /** What was asked for meanwhile. */
  next: Entry<K> | undefined;
}

/** Somebody who waits for a key; without `take` once he gave up. */
interface Taker<K> {
  take: ((item: WorkItem<K> | undefined) => void) | undefined;
}

const maximalCauses = 10;

/**
 * A queue of keys for workers. A key is in it once, however often it is added; it is never handed to two workers, and what
 * is added while a worker has it comes again afterwards. Whatever the workers do, the event loop gets its turn: what one
 * turn has no time for is handed out in a later one.
 */
export class WorkQueue<K = string> {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #metrics: QueueMetrics | undefined;
  readonly #idOf: (key: K) => string;
  readonly #fairnessOf: (key: K) => string;
  readonly #baseDelay: number;
  readonly #maxDelay: number;
  readonly #entries = new Map<string, Entry<K>>();
  readonly #running = new Map<string, Running<K>>();
  readonly #failures = new Map<string, number>();
  readonly #ready = new ReadyQueue<Entry<K>>();
  readonly #waiting = new TimerHeap<Entry<K>>();
  readonly #takers = new Fifo<Taker<K>>();
  readonly #turns: TurnBudget;
  #waitsForTurn = false;
  readonly #idle = new Set<() => void>();
  #timer: { readonly timer: Timer; readonly due: number } | undefined;
  #state: 'open' | 'draining' | 'closed' = 'open';

  constructor(options: WorkQueueOptions<K>) {
    const { name, clock = new SystemClock(), metrics = noMetrics } = options;
    this.#name = name;
    this.#clock = clock;
    this.#turns = TurnBudget.of(clock);
    this.#metrics = metrics === noMetrics ? undefined : new QueueMetrics(metrics, clock, name, this.#running);
    this.#idOf = options.idOf ?? String;
    this.#fairnessOf = options.fairnessOf ?? (() => '');
    this.#baseDelay = options.baseDelay ?? 5;
    this.#maxDelay = options.maxDelay ?? 1_000_000;
    this.#check('baseDelay', this.#baseDelay, this.#baseDelay > 0);
    this.#check('maxDelay', this.#maxDelay, this.#maxDelay >= this.#baseDelay);
  }

  /**
   * Adds a key, now or after a delay; merges with what is there: the higher priority, the earlier time, all causes. Ignored
   * after `shutDown`.
   *
   * @throws WORK_QUEUE_NUMBER where `after` or `priority` is not a finite number.
   */
  add(key: K, options: AddOptions = {}): void {
    const { priority = 0, after = 0, cause } = options;
    this.#check('after', after);
    this.#check('priority', priority);
    if (this.#state !== 'open') return;
    const id = this.#idOf(key);
    const now = this.#clock.monotonic();
    const readyAt = after > 0 ? now + after : now;
    const running = this.#running.get(id);
    const known = running === undefined ? this.#entries.get(id) : running.next;
    this.#metrics?.added();
    if (known !== undefined) {
      this.#merge(known, priority, readyAt, now);
      if (cause !== undefined) addCause(known, cause);
      return;
    }
    const entry: Entry<K> = {
      key,
      id,
      fairness: this.#fairnessOf(key),
      state: 'blocked',
      priority,
      readyAt,
      heapIndex: -1,
      place: undefined,
      causes: cause === undefined ? [] : [cause],
      omittedCauses: 0,
    };
    if (running === undefined) {
      this.#entries.set(id, entry);
      this.#release(entry, now);
    } else running.next = entry;
  }

  /** Adds a key after its backoff: 5 ms, doubled with each call since the last `forget`, at most 1000 s. For failures only. */
  addRateLimited(key: K, options: Omit<AddOptions, 'after'> = {}): void {
    const id = this.#idOf(key);
    const failures = this.#failures.get(id) ?? 0;
    this.#failures.set(id, failures + 1);
    this.#metrics?.retried();
    this.add(key, { ...options, after: Math.min(this.#baseDelay * 2 ** failures, this.#maxDelay) });
  }

  /** Ends a key's series of failures. It neither removes nor finishes the key. */
  forget(key: K): void {
    this.#failures.delete(this.#idOf(key));
  }

  /** How often a key was added with a backoff since the last `forget`. */
  retries(key: K): number {
    return this.#failures.get(this.#idOf(key)) ?? 0;
  }

  /** The next key, as soon as there is one; undefined once the queue is shut down (and empty, when draining). Rejects with the signal's reason. */
  next(signal?: AbortSignal): Promise<WorkItem<K> | undefined> {
    if (signal?.aborted) return Promise.reject(abortReason(signal));
    // Nobody is before, and there is something: no taker is needed.
    if (this.#takers.first === undefined && this.#ready.size > 0 && this.#hasTurn())
      return Promise.resolve(this.#take());
    return new Promise((resolve, reject) => {
      const taker: Taker<K> = {
        take: (taken) => {
          signal?.removeEventListener('abort', abort);
          resolve(taken);
        },
      };
      const abort = (): void => {
        taker.take = undefined;
        reject(abortReason(signal));
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#takers.push(taker);
      this.#serve();
    });
  }

  /** How many keys may be taken now. */
  get depth(): number {
    return this.#ready.size;
  }

  /** How many keys wait for their time. */
  get delayed(): number {
    return this.#waiting.size;
  }

  /** How many keys workers have. */
  get processing(): number {
    return this.#running.size;
  }

  /**
   * Takes no more keys in and wakes all takers. What waits for its time is dropped; what is ready is dropped too, or handed
   * out to the end with `drain`. Resolves when no worker has a key any more (and nothing is left to hand out), or rejects
   * with the signal's reason.
   */
  shutDown(options: { readonly drain?: boolean; readonly signal?: AbortSignal } = {}): Promise<void> {
    const { drain = false, signal } = options;
    if (this.#state !== 'closed') this.#state = drain ? 'draining' : 'closed';
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    for (let first = this.#waiting.first; first !== undefined; first = this.#waiting.first) {
      this.#waiting.remove(first);
      this.#entries.delete(first.id);
    }
    if (this.#state === 'closed') {
      this.#ready.clear();
      this.#entries.clear();
    }
    this.#serve();
    if (signal?.aborted) return Promise.reject(abortReason(signal));
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#idle.delete(finish);
        reject(abortReason(signal));
      };
      const finish = (): void => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      this.#idle.add(finish);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  get #isIdle(): boolean {
    return this.#running.size === 0 && (this.#state === 'closed' || this.#ready.size === 0);
  }

  /** Puts an entry where it belongs by its time, and hands out what can be handed out. */
  #release(entry: Entry<K>, now: number): void {
    if (entry.readyAt > now) {
      entry.state = 'waiting';
      this.#waiting.add(entry);
      this.#arm(now);
      return;
    }
    entry.state = 'ready';
    this.#ready.add(entry);
    this.#metrics?.depth(entry.priority, 1);
    this.#serve();
  }

  #merge(known: Entry<K>, priority: number, readyAt: number, now: number): void {
    const raised = Math.max(known.priority, priority);
    switch (known.state) {
      case 'blocked':
        known.priority = raised;
        known.readyAt = Math.min(known.readyAt, readyAt);
        return;
      case 'waiting':
        known.priority = raised;
        if (readyAt >= known.readyAt) return;
        known.readyAt = readyAt;
        if (readyAt > now) {
          this.#waiting.moveUp(known);
          this.#arm(now);
          return;
        }
        this.#waiting.remove(known);
        this.#release(known, now);
        this.#arm(now);
        return;
      case 'ready':
        // A delayed wish for a key that is ready is fulfilled by it, but does not hurry it.
        if (raised === known.priority || readyAt > now) return;
        this.#metrics?.depth(known.priority, -1);
        this.#ready.raise(known, raised, now);
        this.#metrics?.depth(raised, 1);
    }
  }

  #take(): WorkItem<K> | undefined {
    const now = this.#clock.monotonic();
    const entry = this.#ready.take(now);
    if (entry === undefined) return undefined;
    this.#entries.delete(entry.id);
    const running: Running<K> = { startedAt: now, next: undefined };
    this.#running.set(entry.id, running);
    this.#metrics?.depth(entry.priority, -1);
    this.#metrics?.taken(now - entry.readyAt);
    const done = (): void => {
      if (this.#running.get(entry.id) === running) this.#done(entry.id, running);
    };
    return {
      key: entry.key,
      priority: entry.priority,
      causes: entry.causes,
      omittedCauses: entry.omittedCauses,
      retries: this.#failures.get(entry.id) ?? 0,
      done,
      [Symbol.dispose]: done,
    };
  }

  #done(id: string, { startedAt, next }: Running<K>): void {
    const now = this.#clock.monotonic();
    this.#running.delete(id);
    this.#metrics?.done(now - startedAt);
    if (next !== undefined && this.#state !== 'closed' && (this.#state === 'open' || next.readyAt <= now)) {
      this.#entries.set(id, next);
      // Its place in the order is that of now: before, it could not have been taken.
      next.readyAt = Math.max(next.readyAt, now);
      this.#release(next, now);
    }
    if (this.#state === 'open' || !this.#isIdle) return;
    for (const finish of this.#idle) finish();
    this.#idle.clear();
  }

  /** Hands out what this turn of the event loop has time for. Once the queue is shut down, who finds nothing is sent home. */
  #serve(): void {
    for (let taker = this.#takers.first; taker !== undefined; taker = this.#takers.first) {
      if (taker.take === undefined) {
        this.#takers.shift();
        continue;
      }
      if (this.#ready.size === 0 && this.#state === 'open') return;
      if (this.#ready.size > 0 && !this.#hasTurn()) return;
      this.#takers.shift();
      taker.take(this.#take());
    }
  }

  /** Whether a key may be handed out in this turn of the event loop; otherwise it is seen to that a later one serves. */
  #hasTurn(): boolean {
    if (this.#waitsForTurn) return false;
    if (this.#turns.take()) return true;
    this.#waitsForTurn = true;
    this.#turns.later(() => {
      this.#waitsForTurn = false;
      this.#serve();
    });
    return false;
  }

  /** A number that is none would make a key ready at once, again and again, or never. */
  #check(option: string, value: number, isFitting = true): void {
    if (!Number.isFinite(value) || !isFitting)
      throw informerErrors.WORK_QUEUE_NUMBER({ queue: this.#name, option, value });
  }

  /** One timer for the earliest of all that wait. */
  #arm(now: number): void {
    const due = this.#waiting.first?.readyAt;
    if (due !== undefined && this.#timer !== undefined && this.#timer.due <= due) return;
    this.#timer?.timer.cancel();
    this.#timer =
      due === undefined ? undefined : { due, timer: this.#clock.setTimer(due - now, () => this.#onTimer()) };
  }

  #onTimer(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (let first = this.#waiting.first; first !== undefined && first.readyAt <= now; first = this.#waiting.first) {
      this.#waiting.remove(first);
      this.#release(first, now);
    }
    this.#arm(now);
  }
}

function addCause(entry: Entry<unknown>, cause: Cause): void {
  entry.causes.push(cause);
  if (entry.causes.length <= maximalCauses) return;
  entry.causes.shift();
  entry.omittedCauses++;
}
