import { Clock, Plugin, inject } from '@kubewright/core';
import type { Timer } from '@kubewright/core';
import { controllerErrors } from '../errors/controller-errors.js';
import { WriteFence } from '../write-fence/write-fence.js';
import type { WritePass } from '../write-fence/write-fence.js';
import { LeaderGate } from './leader-gate.js';
import { LeaseTimes } from './lease-times.js';

/** One moment on both clocks. */
export interface Moment {
  readonly monotonic: number;
  readonly now: number;
}

/**
 * Whether this copy leads, as far as it can know by itself. The lease it holds counts from before the request that renewed it
 * was sent, since from any later moment on another copy may count, too. The clocks are read at each write, so a process that
 * was stopped and goes on finds its lease run out before it can send anything. Of two clocks the one counts that moved more: the
 * monotonic one stands still while a machine sleeps, and the other may be set back.
 *
 * - Work goes on until `renewDeadline` after the renewal: then its signal aborts, and no write is sent any more.
 * - A write that is under way at `leaseDuration`, when the Lease may have another holder, is given up, and so is every one at
 *   the end. The server may nevertheless carry out what it has received in full, and may do so late; so may the end of a large
 *   write of which a process had handed over the beginning when it was stopped. A resourceVersion or uid in it is what keeps
 *   it off what changed since.
 */
@Plugin({ name: 'leadership', stage: 'foundation', provides: [WriteFence, LeaderGate] })
export class Leadership implements WriteFence, LeaderGate {
  readonly #writes = new Set<AbortController>();
  readonly #waiting = new Set<(term: AbortSignal) => void>();
  /** Before the request was sent that renewed the lease last. */
  #renewed: Moment | undefined;
  /** What works under the lease as it is held now. */
  #term: AbortController | undefined;
  #timers: readonly Timer[] = [];
  /** Once it is closed: whether no write was under way. */
  #closedIdle: boolean | undefined;

  constructor(
    @inject(LeaseTimes) private readonly times: LeaseTimes,
    @inject(Clock) private readonly clock: Clock,
  ) {}

  get leads(): boolean {
    return this.#age < this.times.renewDeadline;
  }

  lead(signal: AbortSignal): Promise<AbortSignal> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.#term !== undefined && this.leads) return Promise.resolve(this.#term.signal);
    return new Promise((resolve, reject) => {
      const began = (term: AbortSignal): void => {
        signal.removeEventListener('abort', gaveUp);
        resolve(term);
      };
      const gaveUp = (): void => {
        this.#waiting.delete(began);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', gaveUp, { once: true });
      this.#waiting.add(began);
    });
  }

  /** The present, to be handed to `renewed` once the request that follows has succeeded. */
  get moment(): Moment {
    return { monotonic: this.clock.monotonic(), now: this.clock.now() };
  }

  /** @param sent - before the request was sent that renewed the lease. */
  renewed(sent: Moment): void {
    if (this.#closedIdle !== undefined) return;
    const { renewDeadline, leaseDuration } = this.times;
    this.#renewed = sent;
    this.#cancelTimers();
    const at = (age: number, run: () => void): Timer => this.clock.setTimer(age - this.#age, run, { ref: false });
    this.#timers = [at(renewDeadline, () => this.#endTerm()), at(leaseDuration, () => this.#abortWrites())];
    if (!this.leads) return;
    this.#term ??= new AbortController();
    for (const began of this.#waiting) began(this.#term.signal);
    this.#waiting.clear();
  }

  enter(): WritePass {
    this.#mayWrite();
    const write = new AbortController();
    this.#writes.add(write);
    return {
      signal: write.signal,
      check: () => this.#mayWrite(),
      [Symbol.dispose]: () => this.#writes.delete(write),
    };
  }

  /**
   * Ends all work and lets nothing through any more, for good. Answers, each time, whether no write was under way at the first:
   * only then is it sure that none comes later.
   */
  close(): boolean {
    this.#closedIdle ??= this.#writes.size === 0;
    this.#renewed = undefined;
    this.#cancelTimers();
    this.#endTerm();
    this.#abortWrites();
    return this.#closedIdle;
  }

  get #age(): number {
    if (this.#renewed === undefined) return Infinity;
    const { monotonic, now } = this.#renewed;
    return Math.max(this.clock.monotonic() - monotonic, this.clock.now() - now);
  }

  /** Timers may be late, as after a stop of the process: what they would do is done first. */
  #mayWrite(): void {
    if (this.leads) return;
    this.#endTerm();
    if (this.#age >= this.times.leaseDuration) this.#abortWrites();
    throw controllerErrors.NOT_LEADING({});
  }

  #endTerm(): void {
    this.#term?.abort(controllerErrors.NOT_LEADING({}));
    this.#term = undefined;
  }

  #abortWrites(): void {
    for (const write of this.#writes) write.abort(controllerErrors.NOT_LEADING({}));
  }

  #cancelTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }
}
