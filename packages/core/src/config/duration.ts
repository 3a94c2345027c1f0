import { coreErrors } from '../errors/core-errors.js';

/** Milliseconds per unit, longest first; the units are those of Go's durations. */
const units: readonly (readonly [unit: string, milliseconds: number])[] = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
  ['us', 1e-3],
  ['ns', 1e-6],
];
const perUnit = new Map<string, number>([...units, ['µs', 1e-3], ['μs', 1e-3]]);

const durationPattern = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

/**
 * Reads a duration as Go writes them: numbers with units, as `5m`, `1h30m`, `1.5s`, `-250ms`; plain `0` needs no unit.
 *
 * @returns milliseconds, fractions included.
 * @throws KW_CORE_INVALID_DURATION.
 */
export function parseDuration(text: string): number {
  if (/^[+-]?0$/.test(text)) return 0;
  const [, sign, parts] = durationPattern.exec(text) ?? [];
  if (parts === undefined) throw coreErrors.INVALID_DURATION({ text });
  let total = 0;
  for (const [, amount, unit] of parts.matchAll(/([\d.]+)(\D+)/g))
    total += Number(amount) * (perUnit.get(unit ?? '') ?? 0);
  return sign === '-' ? -total : total;
}

/** Writes milliseconds as a duration in whole units, the shortest text that reads back the same: `1h30m`, `250ms`, `0s`. Finer than a nanosecond is rounded. */
export function formatDuration(milliseconds: number): string {
  let left = Math.round(Math.abs(milliseconds) * 1e6);
  let text = milliseconds < 0 && left > 0 ? '-' : '';
  if (left === 0) return '0s';
  for (const [unit, length] of units) {
    const nanoseconds = Math.round(length * 1e6);
    const count = Math.floor(left / nanoseconds);
    if (count > 0) text += `${count}${unit}`;
    left -= count * nanoseconds;
  }
  return text;
}
