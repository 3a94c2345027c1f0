/**
 * Calling plugins: typed methods over a connection that waits for a plugin which is not there yet and comes back when it
 * was restarted. Neighbours: `adapter` (encoding), `status` (what a failed call rejects with).
 */
import type { Clock, Timer } from '@kubewright/core';
import { Code } from '../status/code.js';
import { GrpcStatusError } from '../status/grpc-status-error.js';

export interface WatchOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds; undefined for none. */
  readonly deadline: number | undefined;
  /** How long the plugin may be unreachable, in milliseconds. */
  readonly connectTimeout: number;
  /** Whether the connection is up; a deadline that passes before is the connection's fault. */
  readonly connected: () => boolean;
  readonly address: string;
  /** The connection's running calls; undefined when it is closed. */
  readonly running: () => Set<CallWatch> | undefined;
}

/** What may cut a call short: its signal, its deadline, and nobody being there to answer it. */
export class CallWatch {
  readonly #options: WatchOptions;
  readonly #timers: Timer[] = [];
  #cancel: (() => void) | undefined;
  #reason: GrpcStatusError | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** @throws GrpcStatusError CANCELLED where the signal has aborted or the connection is closed already. */
  refuseEnded(): void {
    if (this.#options.running() === undefined) throw this.#closed();
    if (this.#options.signal?.aborted === true) throw cancelled(this.#options.signal.reason);
  }

  /** Begins to watch. @param cancel - cancels the call. */
  begin(cancel: () => void): void {
    const { clock, signal, deadline, connectTimeout, connected } = this.#options;
    this.#cancel = cancel;
    this.#options.running()?.add(this);
    signal?.addEventListener('abort', this.#aborted, { once: true });
    if (signal?.aborted === true) return this.#aborted();
    if (deadline !== undefined) this.#timers.push(clock.setTimer(deadline, () => this.#late(deadline)));
    if (connected()) return;
    const giveUp = (): void => {
      if (!connected()) this.#stop(this.#nobody(connectTimeout));
    };
    this.#timers.push(clock.setTimer(connectTimeout, giveUp));
  }

  /** To be called when the call has ended, however it did. */
  end(): void {
    this.#options.running()?.delete(this);
    this.#options.signal?.removeEventListener('abort', this.#aborted);
    for (const timer of this.#timers) timer.cancel();
    this.#cancel = undefined;
  }

  /** Cancels the call because its connection is closed. */
  close(): void {
    this.#stop(this.#closed());
  }

  /** Why the call failed: what cut it short, otherwise what the other side said. */
  explain(error: unknown): GrpcStatusError {
    return this.#reason ?? GrpcStatusError.from(error);
  }

  readonly #aborted = (): void => this.#stop(cancelled(this.#options.signal?.reason));

  #stop(reason: GrpcStatusError): void {
    this.#reason ??= reason;
    this.#cancel?.();
  }

  #late(deadline: number): void {
    if (!this.#options.connected()) return this.#stop(this.#nobody(deadline));
    this.#stop(new GrpcStatusError(Code.DEADLINE_EXCEEDED, `no answer within ${deadline} ms`));
  }

  #closed(): GrpcStatusError {
    return new GrpcStatusError(Code.CANCELLED, `the connection to ${this.#options.address} was closed`);
  }

  #nobody(milliseconds: number): GrpcStatusError {
    const text = `nobody answered at ${this.#options.address} within ${milliseconds} ms`;
    return new GrpcStatusError(Code.UNAVAILABLE, text);
  }
}

/** The error of a call that its own caller cancelled. */
function cancelled(cause: unknown): GrpcStatusError {
  return new GrpcStatusError(Code.CANCELLED, 'the call was cancelled by its caller', { cause });
}
