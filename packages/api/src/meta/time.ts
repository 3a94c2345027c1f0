/**
 * Times as the API writes them. They stay texts: these functions make them from a clock's milliseconds and read them back, and
 * nothing else in the project does.
 */
import { apiErrors } from '../errors.js';

const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** `2026-01-01T00:00:00Z`: `Time` has whole seconds, the rest is cut off. */
export function formatTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** `2026-01-01T00:00:00.123000Z`: `MicroTime` has exactly six decimals; a fraction of a millisecond is kept. */
export function formatMicroTime(milliseconds: number): string {
  const micros = Math.floor((milliseconds - Math.floor(milliseconds)) * 1000);
  return `${new Date(Math.floor(milliseconds)).toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}Z`;
}

/**
 * A `Time` as a server writes it, from any RFC 3339 time.
 *
 * @throws KW_API_TIME
 */
export function normalizeTime(text: string): string {
  return formatTime(parseTime(text));
}

/**
 * A `MicroTime` as a server writes it, from any RFC 3339 time. No digit of the six is lost on the way.
 *
 * @throws KW_API_TIME
 */
export function normalizeMicroTime(text: string): string {
  const micros = (/\.(\d+)/.exec(text)?.[1] ?? '').slice(0, 6).padEnd(6, '0');
  return `${formatTime(parseTime(text)).slice(0, -1)}.${micros}Z`;
}

/**
 * Milliseconds since the epoch of a `Time` or `MicroTime`.
 *
 * @throws KW_API_TIME where the text is not an RFC 3339 time.
 */
export function parseTime(text: string): number {
  const milliseconds = form.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds))
    throw apiErrors.TIME({ text, reason: 'it must be an RFC 3339 time as 2026-01-01T00:00:00Z' });
  return milliseconds;
}
