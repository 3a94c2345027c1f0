/** How long a server's word makes a client wait: `Retry-After` and `retryAfterSeconds`, of which no value may hold anybody for long. */
import type { ApiResponse } from '../transport/transport.js';

/**
 * The longest wait, in seconds, that is taken from a server: the longest that client-go's own backoff for lists and watches
 * makes anybody wait (30 s, up to doubled by chance). API servers ask for 1 to 8 s; what asks for more is a mistake or worse.
 */
export const longestRetryAfter = 60;

/** A number of seconds that can be waited for; undefined for what is none, as a negative number, NaN or a text. */
export function usableSeconds(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Seconds of the `Retry-After` header, a number or a date (RFC 9110); undefined where there is none, or nothing of the kind.
 *
 * @param now - milliseconds since the epoch. A date that is over asks for no wait.
 */
export function retryAfterOf(response: ApiResponse, now: number): number | undefined {
  const header = response.headers['retry-after'];
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  if (!httpDate.test(header)) return undefined;
  const seconds = Math.ceil((Date.parse(header) - now) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(seconds, 0);
}
