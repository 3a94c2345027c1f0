import { messageOf } from '@kubewright/core';
import { nextTurn } from '@kubewright/core/async';
type Step = () => Promise<unknown>;

/** Steps that run at once, where there may be thousands: what they do together they hold the event loop for. */
const groupSize = 16;

/** Runs every step, whatever the others come to, and then throws: a lone failure as it is, several together. */
export async function runAll(steps: readonly Step[]): Promise<void> {
  throwTogether(await failuresOf(steps));
}

/** As `runAll`, a few steps at a time. */
export async function runInGroups(steps: readonly Step[]): Promise<void> {
  const failures: unknown[] = [];
  for (let start = 0; start < steps.length; start += groupSize) {
    failures.push(...(await failuresOf(steps.slice(start, start + groupSize))));
    await nextTurn();
  }
  throwTogether(failures);
}

async function failuresOf(steps: readonly Step[]): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(steps.map(async (step) => step()));
  return outcomes.filter((one) => one.status === 'rejected').map(({ reason }): unknown => reason);
}

function throwTogether(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) {
    const messages = failures.map((one) => messageOf(one));
    throw new AggregateError(failures, messages.join('; '));
  }
}

/** Waits for both, also where one fails, so that nothing goes on behind the caller's back. */
export async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
