import { recordOf } from '@kubewright/core';
import type { Status, StatusCause, StatusDetails } from '../generated/meta/v1.js';

const brand = Symbol.for('@kubewright/api/StatusError');

/** What a `Status` says, without the parts that are always the same. */
export interface StatusFields {
  /** The HTTP status. */
  readonly code: number;
  /** As `NotFound`. */
  readonly reason: string;
  readonly message: string;
  readonly details?: StatusDetails;
}

/** A failure that the API answered, or is to answer. Recognised by `is`, also across two copies of the package. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<StatusDetails>;
  readonly [brand] = true;

  constructor({ code, reason, message, details }: StatusFields, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details ?? {};
  }

  static is(value: unknown): value is StatusError {
    return typeof value === 'object' && value !== null && brand in value;
  }

  /**
   * The error in a response's parsed body. A body that is no `Status`, as a proxy's, makes an error of the HTTP status alone.
   *
   * @param body - the parsed JSON, or a text.
   * @param code - the response's HTTP status; a code in the body comes first. Default: 500.
   */
  static from(body: unknown, code = 500): StatusError {
    if (isStatus(body)) {
      const status = isErrorCode(body.code) ? body.code : code;
      return new StatusError({
        code: status,
        reason: typeof body.reason === 'string' ? body.reason : reasonOf(status),
        message: typeof body.message === 'string' ? body.message : `the server answered ${status} without a message`,
        details: readDetails(body.details),
      });
    }
    const text = typeof body === 'string' ? body.slice(0, 1024).trim() : '';
    const message = `the server answered ${code}${text === '' ? ' without a reason' : `: ${text}`}`;
    return new StatusError({ code, reason: reasonOf(code), message });
  }

  /** What was wrong in detail, as one entry per field of a 422. */
  get causes(): readonly StatusCause[] {
    return this.details.causes ?? [];
  }

  /** When to try again, where the server said so. */
  get retryAfterSeconds(): number | undefined {
    return this.details.retryAfterSeconds;
  }

  /** The body of the response. */
  toStatus(): Status {
    const { message, reason, code, details } = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(Object.keys(details).length === 0 ? {} : { details }),
      code,
    };
  }
}

function isStatus(body: unknown): body is Readonly<Record<keyof Status, unknown>> {
  return typeof body === 'object' && body !== null && 'kind' in body && body.kind === 'Status';
}

function isErrorCode(code: unknown): code is number {
  return Number.isInteger(code) && Number(code) >= 400 && Number(code) < 600;
}

/** What a peer said of an error, without what is not of the type that everybody takes it for. */
function readDetails(details: unknown): StatusDetails {
  const { causes, retryAfterSeconds, name, group, kind, uid } = recordOf(details);
  return {
    ...(typeof name === 'string' && { name }),
    ...(typeof group === 'string' && { group }),
    ...(typeof kind === 'string' && { kind }),
    ...(typeof uid === 'string' && { uid }),
    ...(Array.isArray(causes) && { causes: causes.filter(isCause) }),
    ...(typeof retryAfterSeconds === 'number' && retryAfterSeconds >= 0 && { retryAfterSeconds }),
  };
}

function isCause(cause: unknown): cause is StatusCause {
  return typeof cause === 'object' && cause !== null;
}

const reasons = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [406, 'NotAcceptable'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [413, 'RequestEntityTooLarge'],
  [415, 'UnsupportedMediaType'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
]);

/** The reason that goes with an HTTP status where the body names none. */
function reasonOf(code: number): string {
  return reasons.get(code) ?? 'Unknown';
}
