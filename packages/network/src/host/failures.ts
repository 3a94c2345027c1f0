/** Runs every step, whatever the others come to, and then throws: a lone failure as it is, several together. */
export async function runAll(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const outcomes = await Promise.allSettled(steps.map(async (step) => step()));
  const failures = outcomes.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) {
    const messages = failures.map((one) => (one instanceof Error ? one.message : String(one)));
    throw new AggregateError(failures, messages.join('; '));
  }
}

/** Waits for both, also where one fails, so that nothing goes on behind the caller's back. */
export async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
