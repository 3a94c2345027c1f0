/** Long lists of work, a share of it in each turn of the event loop. */
import { nextTurn } from './next-turn.js';

/** How many items one turn of the event loop gets: each may set off a few tenths of a millisecond of work. */
const perTurn = 16;

/**
 * Calls `work` for each item, and after every few lets the event loop have a turn, so that a long list does not hold it. What
 * `work` sets off by settling promises runs in between, too. Few items take no turn at all.
 */
export async function inTurns<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let done = 0;
  for (const item of items) {
    work(item);
    done += 1;
    if (done % perTurn === 0) await nextTurn();
  }
}
