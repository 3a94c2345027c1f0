/**
 * The status of reconciled objects: conditions, what the next status is, and writing it without touching what others
 * have set.
 */

/** A condition to set: the rest of it (transition time, observed generation) is kept by the status writer. */
export interface ConditionInput {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** One word in CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/**
 * @param status - true, false, or undefined where it cannot be known now.
 * @param reason - one word in CamelCase, as `Serving`.
 * @param message - for people. Default: empty.
 */
export function condition(type: string, status: boolean | undefined, reason: string, message = ''): ConditionInput {
  return { type, status: status === undefined ? 'Unknown' : status ? 'True' : 'False', reason, message };
}
