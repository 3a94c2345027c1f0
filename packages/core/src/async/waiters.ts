import { abortReason } from './abort-reason.js';

/** Promises that a store's changes settle: no polling, no timers. */
export class Waiters<S> {
  readonly #waiting = new Set<{ readonly isMet: (state: S) => boolean; readonly settle: (error?: unknown) => void }>();

  /** Resolves when `isMet` answers true: now, or at a later `check`. Rejects with the signal's reason on abort. */
  wait(state: S, isMet: (state: S) => boolean, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(abortReason(signal));
    if (isMet(state)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => {
        this.#waiting.delete(waiter);
        signal?.removeEventListener('abort', abort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const abort = (): void => settle(signal?.reason);
      const waiter = { isMet, settle };
      this.#waiting.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  check(state: S): void {
    for (const waiter of this.#waiting) {
      try {
        if (waiter.isMet(state)) waiter.settle();
      } catch (error) {
        // One's condition that throws is one's own affair: neither the others nor the state must suffer from it.
        waiter.settle(error);
      }
    }
  }

  rejectAll(error: unknown): void {
    for (const waiter of this.#waiting) waiter.settle(error);
  }
}
