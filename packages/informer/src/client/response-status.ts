import { StatusError } from '@kubewright/api';
import type { ApiResponse } from '../transport/transport.js';
import { retryAfterOf } from './retry-after.js';

/** The error that a response tells: the API's own `Status`, or one made from what a proxy in between answered. */
export function statusErrorOf(response: ApiResponse, text: string, now: number): StatusError {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = text;
  }
  const error = StatusError.from(body, response.status);
  const seconds = retryAfterOf(response, now);
  if (seconds === undefined || error.retryAfterSeconds !== undefined) return error;
  const { code, reason, message, details } = error;
  return new StatusError({ code, reason, message, details: { ...details, retryAfterSeconds: seconds } });
}
