import type { KubeObject } from '@kubewright/api';
import type { Clock } from '@kubewright/core';
import { Waiters } from '@kubewright/core/async';
import { TurnBudget } from '../turn/turn-budget.js';
import type { InformerEvent, InformerHandler } from './informer-event.js';
import { PendingEvents } from './pending-events.js';

/**
 * Delivers events to one handler: at once while it keeps up and the turn of the event loop has time, merged by key while it
 * does not. What a handler throws is reported and changes nothing for anybody.
 */
export class HandlerQueue<T extends KubeObject> {
  readonly #handler: InformerHandler<T>;
  readonly #turns: TurnBudget;
  readonly #onError: (error: unknown) => void;
  readonly #pending = new PendingEvents<T>();
  readonly #waiters = new Waiters<this>();
  #isDelivering = false;
  #isClosed = false;
  /** The end of the initial list among the pending events, once it is known. */
  #initialEnd: number | undefined;
  #hasSynced = false;

  constructor(handler: InformerHandler<T>, clock: Clock, onError: (error: unknown) => void) {
    this.#handler = handler;
    this.#turns = TurnBudget.of(clock);
    this.#onError = onError;
  }

  /** Takes events in their order; delivers what can be delivered before returning. */
  push(events: Iterable<InformerEvent<T>>): void {
    for (const event of events) this.#pending.add(event);
    if (!this.#isDelivering) void this.#deliver();
  }

  /** The initial list was pushed as a whole. */
  markInitialList(): void {
    this.#initialEnd ??= this.#pending.mark;
    if (!this.#isDelivering) this.#noteSynced();
  }

  /** Whether the handler has dealt with the whole initial list. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  whenSynced(signal?: AbortSignal): Promise<void> {
    return this.#waiters.wait(this, () => this.#hasSynced, signal);
  }

  hasPending(key: string): boolean {
    return this.#pending.has(key);
  }

  close(error: unknown): void {
    this.#isClosed = true;
    this.#pending.clear();
    this.#waiters.rejectAll(error);
  }

  async #deliver(): Promise<void> {
    this.#isDelivering = true;
    for (;;) {
      while (!this.#turns.take()) await this.#turns.turn();
      const event = this.#pending.take();
      if (event === undefined) break;
      try {
        const result = this.#handler(event);
        if (result !== undefined) await result;
      } catch (error) {
        this.#onError(error);
      }
      if (this.#isClosed) return;
      if (!this.#hasSynced) this.#noteSynced();
    }
    this.#isDelivering = false;
    this.#noteSynced();
  }

  #noteSynced(): void {
    if (
      this.#hasSynced ||
      this.#isClosed ||
      this.#initialEnd === undefined ||
      !this.#pending.hasPassed(this.#initialEnd)
    )
      return;
    this.#hasSynced = true;
    this.#waiters.check(this);
  }
}
