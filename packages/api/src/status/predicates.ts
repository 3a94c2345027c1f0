/**
 * Errors of the API: a Kubernetes `Status` that can be thrown. A server answers with the status, a client throws what
 * it was answered; the texts and reasons are upstream's. Nothing here knows of connections, so a lost one is not an
 * error of this kind.
 *
 * This file: questions about a caught error. Each is false for an error that is no `StatusError`.
 */
import { StatusError } from './status-error.js';

function hasReason(error: unknown, ...reasons: readonly string[]): boolean {
  return StatusError.is(error) && reasons.includes(error.reason);
}

export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound');
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict');
export const isInvalid = (error: unknown): boolean => hasReason(error, 'Invalid');
export const isForbidden = (error: unknown): boolean => hasReason(error, 'Forbidden');
export const isUnauthorized = (error: unknown): boolean => hasReason(error, 'Unauthorized');
export const isBadRequest = (error: unknown): boolean => hasReason(error, 'BadRequest');
export const isMethodNotSupported = (error: unknown): boolean => hasReason(error, 'MethodNotAllowed');

/** The version asked for is no longer held: list anew. */
export const isExpired = (error: unknown): boolean => hasReason(error, 'Expired', 'Gone');

export const isTooManyRequests = (error: unknown): boolean =>
  hasReason(error, 'TooManyRequests') || (StatusError.is(error) && error.code === 429);

/** The request ran out of time in the server. Whether it had an effect is unknown. */
export const isTimeout = (error: unknown): boolean => hasReason(error, 'Timeout', 'ServerTimeout');

export const isServiceUnavailable = (error: unknown): boolean => hasReason(error, 'ServiceUnavailable');
export const isInternalError = (error: unknown): boolean => hasReason(error, 'InternalError');

/** Something could not be created because its namespace is being deleted. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  StatusError.is(error) && error.causes.some((cause) => cause.reason === 'NamespaceTerminating');
