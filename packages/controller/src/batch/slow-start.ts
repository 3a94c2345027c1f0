/**
 * Runs `count` calls in batches of 1, 2, 4, 8 …, the next only when the whole of the last succeeded: where every call is
 * doomed (a full quota, a rejecting webhook), one call finds out and not hundreds.
 *
 * @returns how many succeeded, and the first error. Calls that were never made are `count` minus the successes and failures.
 */
export async function slowStart(
  count: number,
  call: (index: number) => Promise<void>,
): Promise<{ readonly succeeded: number; readonly attempted: number; readonly error?: unknown }> {
  let attempted = 0;
  let succeeded = 0;
  for (let batch = 1; attempted < count; batch *= 2) {
    const size = Math.min(batch, count - attempted);
    const results = await Promise.allSettled(Array.from({ length: size }, (_, index) => call(attempted + index)));
    attempted += size;
    const failures = results.filter((result) => result.status === 'rejected');
    succeeded += size - failures.length;
    const [first] = failures;
    if (first !== undefined) return { succeeded, attempted, error: first.reason };
  }
  return { succeeded, attempted };
}
