/** What the histories of all resources may hold together, in bytes. */
const heldInAll = 128 * 1024 * 1024;
/** What one resource may hold in any case: many small changes of it are worth more than a few large ones of another. */
const heldPerResource = 4 * 1024 * 1024;

/** Counts the bytes that histories keep alive: a count of events alone says nothing where objects are large. */
export class HistoryBudget {
  #held = 0;

  add(bytes: number): void {
    this.#held += bytes;
  }

  /** How many bytes a history that holds so many should give up. It gives up a quarter more than it must, so that it need not each time. */
  excess(own: number): number {
    if (this.#held <= heldInAll || own <= heldPerResource) return 0;
    const target = Math.max(own - (this.#held - heldInAll) - heldInAll / 4, heldPerResource);
    return own - target;
  }
}
