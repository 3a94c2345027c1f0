import type { Random } from '@kubewright/core';

/**
 * One thing to throw inputs at. A run owns the target: it opens it, feeds it inputs one after another, and closes it, and
 * `check` runs at the end of it and every few thousand inputs.
 */
export interface FuzzRun extends AsyncDisposable {
  /**
   * Makes one input from `random`, feeds it, and says whether it decoded and reached the handler. Throws when an invariant
   * broke: a crash, a wrong error, a result that does not round-trip.
   */
  feed(random: Random): Promise<'handled' | 'rejected'>;
  /** Throws when the state that the inputs left behind is inconsistent. */
  check(): Promise<void>;
}

export interface FuzzTarget {
  readonly name: string;
  open(): Promise<FuzzRun>;
}
