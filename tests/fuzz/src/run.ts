import { SeededRandom } from '@kubewright/core/testing';
import type { FuzzTarget } from './target.js';

export interface FuzzOutcome {
  readonly inputs: number;
  readonly handled: number;
}

const checkEvery = 5_000;

/**
 * Feeds a target with `inputs` inputs. Input N is made from a generator seeded with `seed + N`, so a failure names the one
 * number that repeats it. Fails also when fewer than half of the inputs reached the handler: such a fuzzer tests the decoder only.
 */
export async function fuzz(
  target: FuzzTarget,
  inputs: number,
  seed: number,
  progress?: (done: number) => void,
): Promise<FuzzOutcome> {
  await using run = await target.open();
  let handled = 0;
  for (let index = 0; index < inputs; index++) {
    try {
      if ((await run.feed(new SeededRandom(seed + index))) === 'handled') handled++;
      if ((index + 1) % checkEvery === 0) {
        await run.check();
        progress?.(index + 1);
      }
    } catch (cause) {
      throw new Error(
        `${target.name}: the input of seed ${seed + index} broke it; repeat with --seed ${seed + index} --inputs 1`,
        { cause },
      );
    }
  }
  await run.check();
  if (handled * 2 < inputs) throw new Error(`${target.name}: only ${handled} of ${inputs} inputs reached the handler`);
  return { inputs, handled };
}
