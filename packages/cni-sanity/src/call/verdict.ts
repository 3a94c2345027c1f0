/** How a check ends other than well. */
import { sanityErrors } from '../errors.js';

/** Ends the check: the plugin broke its rule. */
export function fail(problem: string): never {
  throw sanityErrors.CHECK_FAILED({ problem });
}

/** Ends the check without an outcome. */
export function notApplicable(reason: string): never {
  throw sanityErrors.NOT_APPLICABLE({ reason });
}

export function demand(condition: boolean, problem: string): asserts condition {
  if (!condition) fail(problem);
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  demand(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what} is ${JSON.stringify(actual)} and should be ${JSON.stringify(expected)}`,
  );
}
