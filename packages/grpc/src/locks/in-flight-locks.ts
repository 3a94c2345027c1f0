/**
 * One operation per key at a time. A plugin's caller repeats a call that it has given up on, while the first one is still
 * at work; the second is told ABORTED and comes again, instead of running beside the first.
 */
import { Code } from '../status/code.js';
import { GrpcStatusError } from '../status/grpc-status-error.js';

export class InFlightLocks {
  readonly #held = new Set<string>();

  /** Takes `key` until the result is disposed. @throws GrpcStatusError ABORTED while another operation holds it. */
  acquire(key: string): Disposable {
    if (this.#held.has(key)) {
      throw new GrpcStatusError(Code.ABORTED, `an operation on '${key}' is in progress: try again when it has ended`);
    }
    this.#held.add(key);
    let released = false;
    return {
      [Symbol.dispose]: () => {
        if (released) return;
        released = true;
        this.#held.delete(key);
      },
    };
  }

  /** Runs `work` while holding `key`; gives it back when the work ended, failed or was cancelled. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    using _lock = this.acquire(key);
    return await work();
  }

  /** How many keys are held. */
  get size(): number {
    return this.#held.size;
  }
}
