/**
 * Giving out addresses. `range` and `allocate` are arithmetic; `lease-directory` keeps who has which address on disk, in the
 * format of the reference plugin; the plugins put both together. How an address gets onto an interface is not known here.
 */
import { numberAddress, rangeContains, addressNumber } from './range.js';
import type { AddressRange } from './range.js';

/** A free address of a range set, or undefined where all are taken. Gateways are never given out. */
export interface Allocation {
  readonly address: string;
  readonly range: AddressRange;
}

/**
 * Looks for a free address, starting behind the one that was given out last, so that an address rests as long as possible
 * before it comes back. Ranges follow one another in a circle.
 */
export function nextFree(
  ranges: readonly AddressRange[],
  last: string | undefined,
  isTaken: (address: string) => boolean,
): Allocation | undefined {
  const start = startOf(ranges, last);
  for (let step = 0; step <= ranges.length; step += 1) {
    const range = ranges[(start.index + step) % ranges.length];
    if (range === undefined) return undefined;
    const first = step === 0 ? start.address : range.first;
    // Coming back to the first range, only the part before the start is left.
    const end = step === ranges.length ? start.address - 1n : range.last;
    for (let number = first; number <= end; number += 1n) {
      if (number === range.gateway) continue;
      const address = numberAddress(number, range.family);
      if (!isTaken(address)) return { address, range };
    }
  }
  return undefined;
}

/** The range that an address was asked for in. */
export function rangeOf(ranges: readonly AddressRange[], family: 4 | 6, address: string): AddressRange | undefined {
  const number = addressNumber(address);
  return ranges.find((range) => rangeContains(range, family, number));
}

function startOf(
  ranges: readonly AddressRange[],
  last: string | undefined,
): { readonly index: number; readonly address: bigint } {
  if (last !== undefined) {
    const number = addressNumber(last);
    const family = last.includes(':') ? 6 : 4;
    const index = ranges.findIndex((range) => rangeContains(range, family, number));
    const range = ranges[index];
    if (range !== undefined && number < range.last) return { index, address: number + 1n };
    if (range !== undefined) {
      const following = (index + 1) % ranges.length;
      return { index: following, address: ranges[following]?.first ?? 0n };
    }
  }
  return { index: 0, address: ranges[0]?.first ?? 0n };
}
