import { Clock, Plugin, inject } from '@kubewright/core';
import type { Timer } from '@kubewright/core';
import { controllerErrors } from '../errors/controller-errors.js';
import { WriteFence } from '../write-fence/write-fence.js';
import type { WritePass } from '../write-fence/write-fence.js';
import { leaseDuration, renewDeadline } from './lease.js';

/**
 * Whether this copy leads, as far as it can know by itself. The lease it holds counts from before the request that renewed it
 * was sent, since from any later moment on another copy may count, too; and the clock is read at each write, so a process that
 * was stopped and goes on finds its lease run out before it can send anything.
 *
 * - A write is sent within 10 s of the renewal; later ones fail with `NOT_LEADING`.
 * - One that is under way 15 s after it, when the Lease may have another holder, is given up, and so is every one at the end.
 *   The server may nevertheless carry out what it has received in full: a write that it had before the process was stopped and
 *   holds back for more than those 5 s comes late. A resourceVersion or uid in it is what keeps it off what changed since.
 */
@Plugin({ name: 'leadership', stage: 'foundation', provides: [WriteFence] })
export class Leadership implements WriteFence {
  readonly #writes = new Set<AbortController>();
  /** When the request was sent that renewed the lease last, on the monotonic clock. */
  #renewedAt: number | undefined;
  #end: Timer | undefined;

  constructor(@inject(Clock) private readonly clock: Clock) {}

  /** Whether writes are let through. */
  get isHeld(): boolean {
    return this.#age < renewDeadline;
  }

  /** @param sent - when the request was sent that renewed the lease, on the monotonic clock. */
  renewed(sent: number): void {
    this.#renewedAt = sent;
    this.#end?.cancel();
    this.#end = this.clock.setTimer(leaseDuration - this.#age, () => this.#abortWrites(), { ref: false });
  }

  enter(): WritePass {
    if (this.#age >= leaseDuration) this.#abortWrites();
    if (!this.isHeld) throw controllerErrors.NOT_LEADING({});
    const write = new AbortController();
    this.#writes.add(write);
    return { signal: write.signal, [Symbol.dispose]: () => this.#writes.delete(write) };
  }

  /** Lets nothing through any more. Answers whether no write was under way: only then is it sure that none comes later. */
  close(): boolean {
    const isIdle = this.#writes.size === 0;
    this.#renewedAt = undefined;
    this.#end?.cancel();
    this.#abortWrites();
    return isIdle;
  }

  get #age(): number {
    return this.#renewedAt === undefined ? Infinity : this.clock.monotonic() - this.#renewedAt;
  }

  #abortWrites(): void {
    for (const write of this.#writes) write.abort(controllerErrors.NOT_LEADING({}));
  }
}
