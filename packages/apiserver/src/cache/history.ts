import { indexAfter } from '../sorted-map/index-after.js';
import type { CacheEvent } from './cache-event.js';
import type { HistoryBudget } from './history-budget.js';

/** Events younger than this stay, so that a client that reconnects after a short break need not list again. */
const minimumAge = 75_000;
/** Whatever their age, no more events than this stay. */
const maximumEvents = 20_000;

/** The last events of one resource, numbered in order. */
export class History {
  #events: CacheEvent[] = [];
  /** The number of the first event that is still there. */
  #first = 0;
  /** All events after this revision are there. */
  #start: bigint;

  /** What its events keep alive. */
  #bytes = 0;
  readonly #budget: HistoryBudget;

  constructor(start: bigint, budget: HistoryBudget) {
    this.#start = start;
    this.#budget = budget;
  }

  /** The oldest revision after which the history is complete. */
  get start(): bigint {
    return this.#start;
  }

  /** The number that the next event will get. */
  get end(): number {
    return this.#first + this.#events.length;
  }

  append(event: CacheEvent): void {
    this.#events.push(event);
    this.#count(event.bytes);
  }

  /** Gives back what it holds; for a history that is not used any more. */
  drop(): void {
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.add(bytes);
  }

  /** Drops what is old, in blocks, and what is too much, at once. */
  trim(now: number): void {
    const limit = now - minimumAge;
    let drop = Math.max(this.#events.length - maximumEvents, 0);
    while ((this.#events[drop]?.at ?? limit) < limit) drop++;
    let freed = 0;
    for (let at = 0; at < drop; at++) freed += this.#events[at]?.bytes ?? 0;
    const excess = this.#budget.excess(this.#bytes);
    if (freed >= excess && drop * 4 < this.#events.length && drop < 1000) return;
    for (; freed < excess && drop < this.#events.length; drop++) freed += this.#events[drop]?.bytes ?? 0;
    const last = this.#events[drop - 1];
    if (last === undefined) return;
    this.#start = last.revision;
    this.#events = this.#events.slice(drop);
    this.#first += drop;
    this.#count(-freed);
  }

  /** The number of the first event after a revision; undefined where the history does not reach back to it. */
  positionAfter(revision: bigint): number | undefined {
    if (revision < this.#start) return undefined;
    return this.#first + indexAfter(this.#events, revision);
  }

  /** The events from a number on, at most `limit`; undefined where they are gone. */
  from(position: number, limit: number): readonly CacheEvent[] | undefined {
    if (position < this.#first) return undefined;
    return this.#events.slice(position - this.#first, position - this.#first + limit);
  }
}
