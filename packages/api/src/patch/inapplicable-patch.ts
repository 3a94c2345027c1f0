import { StatusError } from '../status/status-error.js';

/**
 * The 422 for a patch that is well formed but does not fit the object. Its message is the one that kube-apiserver sends;
 * what went wrong stands in the cause, which names the operation.
 *
 * @param field - as `patch[2]`
 */
export function inapplicablePatch(field: string, message: string): StatusError {
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: { causes: [{ reason: 'FieldValueInvalid', field, message }] },
  });
}
