/** Requests and answers inside the server, independent of how they travel. */
import type { AuthenticationRequest, User } from '../auth/authenticator.js';

/** The longest body of a request, in bytes: what upstream allows too. */
export const bodyLimit = 3 * 1024 * 1024;

export interface ServerRequest {
  /** In upper case. */
  readonly method: string;
  /** Absolute, with the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Every value of a header, one for each time it was sent. Default: the one in `headers`, which several are joined in. */
  readonly values?: (name: string) => readonly string[];
  readonly certificate?: NonNullable<AuthenticationRequest['certificate']>;
  readonly certificateProblem?: string;
  /** Who asks, where the transport knows already: requests inside the process. */
  readonly user?: User;
  /**
   * Reads the whole body, once. Throws 413 as soon as it is longer than the limit in bytes.
   *
   * @param arrived - told of each piece as it comes over the network; may throw to refuse the rest.
   */
  body(limit: number, arrived?: (bytes: number) => void): Promise<Uint8Array>;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

export interface ServerResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** A stream must be read to its end or returned early, or it is not freed. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** Whether the stream has no natural end, so that it does not count against the time and the number of requests. */
  readonly longRunning?: boolean;
}

const encoder = new TextEncoder();

export function jsonResponse(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): ServerResponse {
  return bytesResponse(status, encoder.encode(`${JSON.stringify(value)}\n`), 'application/json', headers);
}

export function textResponse(status: number, text: string): ServerResponse {
  return bytesResponse(status, encoder.encode(text), 'text/plain; charset=utf-8');
}

export function bytesResponse(
  status: number,
  body: Uint8Array,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): ServerResponse {
  return { status, headers: { ...headers, 'content-type': contentType, 'content-length': String(body.length) }, body };
}
