/** What the answer to one request waits for after its plugin has returned. */
export class DeferredResponse {
  readonly #work: Promise<void>[] = [];

  add(work: Promise<void>): void {
    // Its failure is seen by whoever waits, which may be later.
    work.catch(() => undefined);
    this.#work.push(work);
  }

  /** Resolves when all of it is done. @throws the first failure, after all of it has ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#work);
    await Promise.all(this.#work);
  }
}
