/**
 * Who may write right now. A program that several copies of run has a fence that only the leader passes; the write path asks
 * it before each request, and knows nothing of leases.
 */
import { token } from '@kubewright/core';
import type { Token } from '@kubewright/core';

/** One write on its way. Disposed of when it is answered. */
export interface WritePass extends Disposable {
  /** Aborts when the write must not go on; its reason is the error for whoever waits. */
  readonly signal: AbortSignal;
  /** Asks once more, right before the bytes go: time may have passed since `enter`. @throws as `enter` does */
  check(): void;
}

export interface WriteFence {
  /** Lets one write through. @throws where none may be sent now */
  enter(): WritePass;
}

/** Bound where writes need leave; without it they all have it. */
export const WriteFence: Token<WriteFence> = token('@kubewright/controller/WriteFence');
