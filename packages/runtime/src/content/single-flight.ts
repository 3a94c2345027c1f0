/** Work by key that is done once for all who ask while it goes on. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Flight<T>>();

  /**
   * Joins the work of a key, or begins it. The work is told to stop when everybody who waits for it has given up.
   *
   * @param signal - of this caller alone.
   */
  async run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const joined = this.#running.get(key) ?? this.#begin(key, work);
    return joined.join(signal, () => {
      // Nobody is left: the next caller begins anew instead of joining work that is being stopped.
      if (this.#running.get(key) === joined) this.#running.delete(key);
    });
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const flight = new Flight(work);
    this.#running.set(key, flight);
    void flight.settled.then(() => this.#running.get(key) === flight && this.#running.delete(key));
    return flight;
  }
}

class Flight<T> {
  readonly result: Promise<T>;
  /** Resolves when the work has ended in either way. */
  readonly settled: Promise<unknown>;
  readonly #stop = new AbortController();
  #waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.result = work(this.#stop.signal);
    this.settled = this.result.catch(() => undefined);
  }

  join(signal: AbortSignal, abandoned: () => void): Promise<T> {
    this.#waiting++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason as Error);
        if (--this.#waiting > 0) return;
        abandoned();
        this.#stop.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }
}
