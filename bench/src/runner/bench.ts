/**
 * What a benchmark is. It declares its rows with their goals first and measures then, so that a row it could not measure
 * is reported as not held instead of missing.
 */

export type Goal =
  /** On our own figure. */
  | { readonly of: 'ours'; readonly atMost: number }
  | { readonly of: 'ours'; readonly atLeast: number }
  /** On ours divided by the peer's; without a peer it does not hold. */
  | { readonly of: 'ratio'; readonly atMost: number }
  | { readonly of: 'ratio'; readonly atLeast: number };

export interface RowPlan {
  readonly metric: string;
  readonly unit: string;
  /** What the figure is compared with; undefined for an absolute goal. */
  readonly peer?: string;
  readonly goal?: Goal;
}

/** Samples of one row. The median of each side is reported. */
export interface Measurement {
  readonly metric: string;
  readonly ours: readonly number[];
  readonly peer?: readonly number[];
}

export interface BenchContext {
  /** How often each side is measured; sides take turns within a round. */
  readonly rounds: number;
  /** The checkout's root, for starting the built programs. */
  readonly root: string;
  /** Says what is being done, on stderr. */
  progress(text: string): void;
  readonly signal: AbortSignal;
}

export interface Bench {
  readonly name: string;
  readonly summary: string;
  readonly rows: readonly RowPlan[];
  run(context: BenchContext): Promise<readonly Measurement[]>;
}
