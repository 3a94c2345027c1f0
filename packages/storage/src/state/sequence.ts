/** Does one thing after another: for decisions about the pool as a whole, which have to see each other's records. */
export class Sequence {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when everything before it has ended. Its failure is its caller's alone. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
