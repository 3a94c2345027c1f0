import { StatusError } from '@kubewright/api';
import type { ApiResponse } from '../transport/transport.js';

/** The error that a response tells: the API's own `Status`, or one made from what a proxy in between answered. */
export function statusErrorOf(response: ApiResponse, text: string): StatusError {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = text;
  }
  const error = StatusError.from(body, response.status);
  const seconds = retryAfterOf(response);
  if (seconds === undefined || error.retryAfterSeconds !== undefined) return error;
  const { code, reason, message, details } = error;
  return new StatusError({ code, reason, message, details: { ...details, retryAfterSeconds: seconds } });
}

/** Seconds of the `Retry-After` header; API servers send no dates there. */
export function retryAfterOf(response: ApiResponse): number | undefined {
  const header = response.headers['retry-after'];
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}
