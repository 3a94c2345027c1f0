/** Randomness as an injected service, so that jitter, names and identifiers are repeatable in tests. */
import { token } from '../di/token.js';
import type { Token } from '../di/token.js';

export interface Random {
  /** A number in [0, 1), for jitter; not for secrets. */
  next(): number;
  /** Unpredictable bytes, fit for secrets. */
  bytes(length: number): Uint8Array;
  /** A version 4 UUID in lower case. */
  uuid(): string;
}

export const Random: Token<Random> = token('@kubewright/core/Random');
