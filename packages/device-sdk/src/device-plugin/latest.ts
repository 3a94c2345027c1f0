/**
 * A value that changes, for any number of readers. Each sees the newest one at once and then every change; slow readers
 * skip some.
 */
export class Latest<T> {
  #value: T | undefined;
  #version = 0;
  readonly #waiting = new Set<() => void>();

  get value(): T | undefined {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
    this.#version++;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Ends, without an error, when the signal aborts. */
  async *values(signal: AbortSignal): AsyncGenerator<T> {
    for (let seen = 0; ;) {
      if (signal.aborted) return;
      if (this.#version > seen && this.#value !== undefined) {
        seen = this.#version;
        yield this.#value;
      } else await this.#change(signal);
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
