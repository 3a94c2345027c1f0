import type { Clock, Timer } from '@kubewright/core';
import { formatObjectKey } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { informerErrors } from '../errors/informer-errors.js';

/** Marks the bookmark that ends the initial events of a watch-list. */
export const initialEventsEnd = 'k8s.io/initial-events-end';

/** How long a watch-list may bring nothing before its end: servers send the end within 6 s (KEP-3157). */
const silenceLimit = 10_000;

/**
 * The collection while it comes as a watch-list, kept apart from the store until it is complete. Servers that do not know
 * the request never send the end; so silence, and events that belong to no initial list, run into a deadline.
 */
export class InitialEvents<T extends KubeObject> implements Disposable {
  readonly #objects = new Map<string, DeepReadonly<T>>();
  readonly #clock: Clock;
  readonly #onSilence: (error: Error) => void;
  #timer: Timer;

  constructor(clock: Clock, onSilence: (error: Error) => void) {
    this.#clock = clock;
    this.#onSilence = onSilence;
    this.#timer = this.#arm();
  }

  add(object: DeepReadonly<T>): void {
    this.#objects.set(formatObjectKey(object.metadata), object);
  }

  get(key: string): DeepReadonly<T> | undefined {
    return this.#objects.get(key);
  }

  delete(object: DeepReadonly<T>): void {
    this.#objects.delete(formatObjectKey(object.metadata));
  }

  /** Something of the initial list came: the silence begins anew. */
  progress(): void {
    this.#timer.cancel();
    this.#timer = this.#arm();
  }

  get objects(): DeepReadonly<T>[] {
    return [...this.#objects.values()];
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    const problem = `no end within ${silenceLimit / 1000} s of the last of them`;
    return this.#clock.setTimer(silenceLimit, () =>
      this.#onSilence(informerErrors.WATCH_LIST_INCOMPLETE({ problem, permanent: true })),
    );
  }
}
