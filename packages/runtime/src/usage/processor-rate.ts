/** Nanoseconds between two looks that make a rate; what is closer gets the rate of before. */
const leastTime = 100_000_000n;
/** How many things are remembered; those looked at longest ago are forgotten first. */
const most = 10_000;

interface Look {
  readonly total: bigint;
  readonly at: bigint;
  readonly rate: bigint;
}

/** How much processor time per second something takes: between the last look at it and this one. */
export class ProcessorRate {
  readonly #last = new Map<string, Look>();

  /** @param total - nanoseconds of processor time. @param at - nanoseconds since 1970. @returns nanoseconds per second. */
  of(id: string, total: bigint, at: bigint): bigint {
    const last = this.#last.get(id);
    if (last !== undefined && at - last.at < leastTime) return last.rate;
    const used = last === undefined || total < last.total ? 0n : total - last.total;
    const rate = last === undefined ? 0n : (used * 1_000_000_000n) / (at - last.at);
    this.#last.delete(id);
    this.#last.set(id, { total, at, rate });
    if (this.#last.size > most) for (const oldest of this.#last.keys()) if (this.#last.delete(oldest)) break;
    return rate;
  }
}
