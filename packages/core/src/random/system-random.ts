import type { Random } from './random.js';

/** node:crypto costs several milliseconds to load, so it waits for the first caller. */
const crypto = () => process.getBuiltinModule('node:crypto');

/** The machine's random source. */
export class SystemRandom implements Random {
  next(): number {
    return Math.random();
  }

  bytes(length: number): Uint8Array {
    return crypto().randomBytes(length);
  }

  uuid(): string {
    return crypto().randomUUID();
  }
}
