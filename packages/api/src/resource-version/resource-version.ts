/**
 * Order between resourceVersions. They are decimal numbers of any length and never pass through `Number`: beyond 2⁵³ that would
 * make different versions equal. Only versions of one resource of one cluster may be compared.
 */
import { apiErrors } from '../errors.js';

const wellFormed = /^[1-9]\d*$/;

/** Whether a text can be compared: decimal digits without a leading zero, so neither empty nor `0`. */
export function isResourceVersion(value: string): boolean {
  return wellFormed.test(value);
}

/**
 * Negative where `a` is older, positive where it is newer, 0 where they are equal.
 *
 * @throws KW_API_RESOURCE_VERSION where one of them is not a well-formed version.
 */
export function compareResourceVersion(a: string, b: string): -1 | 0 | 1 {
  for (const value of [a, b]) {
    if (!wellFormed.test(value)) {
      throw apiErrors.RESOURCE_VERSION({ value, reason: 'it must be decimal digits without a leading zero' });
    }
  }
  if (a === b) return 0;
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a < b ? -1 : 1;
}
