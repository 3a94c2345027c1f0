/** Lets any number of loops wait until there may be something new for them. */
export class WakeUp {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next `notify`, or at once when the signal aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  notify(): void {
    for (const wake of this.#waiting) wake();
  }
}
