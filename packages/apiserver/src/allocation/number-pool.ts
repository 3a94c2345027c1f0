/**
 * What Services are given by the server: cluster IPs and node ports, out of pools of numbers. Neighbours: the store
 * calls it around its writes.
 */
import type { Random } from '@kubewright/core';

/**
 * Numbers that are given out once. Those below `reserved` are left to callers who ask for a certain one as long as there
 * are others, so that the two rarely meet.
 */
export class NumberPool {
  readonly #taken = new Set<number>();
  readonly #size: number;
  readonly #reserved: number;
  readonly #random: Random;

  /** @param size - the numbers are 0 to size - 1. */
  constructor(size: number, random: Random) {
    this.#size = size;
    this.#reserved = Math.min(Math.max(16, Math.floor(size / 16)), 256, size);
    this.#random = random;
  }

  /** Takes a certain number. Answers whether it was free. */
  take(number: number): boolean {
    if (number < 0 || number >= this.#size || this.#taken.has(number)) return false;
    this.#taken.add(number);
    return true;
  }

  /** Takes any free number; undefined where none is left. */
  takeAny(): number | undefined {
    return this.#takeBetween(this.#reserved, this.#size) ?? this.#takeBetween(0, this.#reserved);
  }

  release(number: number): void {
    this.#taken.delete(number);
  }

  /** Starts at a random place, so that an address that was just given back is not used again at once. */
  #takeBetween(from: number, to: number): number | undefined {
    const width = to - from;
    const start = Math.floor(this.#random.next() * width);
    for (let step = 0; step < width; step++) {
      const number = from + ((start + step) % width);
      if (this.take(number)) return number;
    }
    return undefined;
  }
}
