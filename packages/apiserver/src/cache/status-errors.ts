/** Refusals that only a server makes, beside those of `statusErrors` in `@kubewright/api`. */
import { StatusError } from '@kubewright/api';
import type { Status } from '@kubewright/api/meta/v1';

/** The state that a paginated list shows is gone; the answer may carry a token to go on without consistency. */
export class ExpiredListError extends StatusError {
  readonly #continue: string | undefined;

  constructor(token: string | undefined) {
    super({
      code: 410,
      reason: 'Expired',
      message:
        'The provided continue parameter is too old to display a consistent list result. Start a new list without it, or go on with ' +
        'the continue token of this response, which shows the remaining objects as they are now.',
    });
    this.#continue = token;
  }

  override toStatus(): Status {
    return { ...super.toStatus(), metadata: this.#continue === undefined ? {} : { continue: this.#continue } };
  }
}

/** A read asked for a revision that this server has not seen yet. */
export function revisionTooLarge(wanted: bigint, current: bigint): StatusError {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    details: {
      retryAfterSeconds: 1,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    },
  });
}
