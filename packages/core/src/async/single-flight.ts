import { abortReason } from './abort-reason.js';

/** Work by key that is done once for all who ask while it goes on; who asks after its end has it done anew. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Flight<T>>();

  /**
   * Joins the work of a key, or begins it. The work is told to stop when everybody who waits for it has given up; a caller
   * without a signal never does.
   *
   * @param work - begun at once; its signal aborts when nobody is left.
   * @param signal - of this caller alone. @throws its reason where it aborts before the work ends.
   */
  async run(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const joined = this.#running.get(key) ?? this.#begin(key, work);
    return await joined.join(signal);
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const flight = new Flight(work, () => {
      // Ended, or being stopped: the next caller begins anew instead of joining.
      if (this.#running.get(key) === flight) this.#running.delete(key);
    });
    this.#running.set(key, flight);
    return flight;
  }
}

class Flight<T> {
  readonly #result: Promise<T>;
  readonly #stop = new AbortController();
  readonly #close: () => void;
  #waiting = 0;

  /** @param close - called before any caller gets the result, and when nobody waits for it any more. */
  constructor(work: (signal: AbortSignal) => Promise<T>, close: () => void) {
    this.#result = work(this.#stop.signal).finally(close);
    this.#close = close;
  }

  join(signal: AbortSignal | undefined): Promise<T> {
    this.#waiting++;
    if (signal === undefined) return this.#result;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(abortReason(signal));
        if (--this.#waiting > 0) return;
        this.#close();
        this.#stop.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }
}
