/**
 * When this copy of the program leads. What works under leadership waits at the gate; whatever else a copy does (informers,
 * probes, metrics, webhooks) asks nobody. It says when to begin and to end; that nothing is written meanwhile by who may not
 * is the write fence's part.
 */
import { token } from '@kubewright/core';
import type { Token } from '@kubewright/core';

export interface LeaderGate {
  /** Whether this copy leads, and can be sure of it by its own clocks. */
  readonly leads: boolean;
  /**
   * Resolves when this copy leads, at once where it does already, to a signal that aborts when it no longer can be sure of
   * that. It may lead again later: whoever goes on then asks anew. Rejects with the reason of `signal`.
   */
  lead(signal: AbortSignal): Promise<AbortSignal>;
}

/** Bound where copies elect a leader; without it this copy always leads. */
export const LeaderGate: Token<LeaderGate> = token('@kubewright/controller/LeaderGate');
