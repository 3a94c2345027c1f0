import type { Clock } from '@kubewright/core';

/** Who waits for containers to end. */
export class EndWaiters {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves to true when the container has ended, and to false where it has not within `timeout` milliseconds. */
  wait(id: string, timeout: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiting);
      const wake = (): void => {
        timer.cancel();
        resolve(true);
      };
      const timer = this.#clock.setTimer(timeout, () => {
        waiting.delete(wake);
        resolve(false);
      });
      waiting.add(wake);
    });
  }

  /** The container has ended. */
  tell(id: string): void {
    for (const wake of this.#waiting.get(id) ?? []) wake();
    this.#waiting.delete(id);
  }
}
