import type { Host } from './host.js';

/** The part of Node's `process` that is used. */
export interface SignalTarget {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): void;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 };

/**
 * Starts a host and keeps it until SIGINT or SIGTERM, or until one of its plugins fails; then it is stopped in order. Resolves
 * after a stop that a signal asked for, also during the start; rejects where a start, a plugin or the stop failed. A second
 * signal ends the process at once, with 128 plus the signal's number as a shell would have it.
 *
 * ```ts
 * await runUntilSignal(new Host().use(WebsiteController));
 * ```
 *
 * @param target - whose signals to listen to. Default: this process.
 */
export async function runUntilSignal(host: Host, target: SignalTarget = process): Promise<void> {
  const stop = new AbortController();
  const listener = (signal: 'SIGINT' | 'SIGTERM') => (): void => {
    if (stop.signal.aborted) target.exit(exitCodes[signal]);
    else stop.abort(new Error(`received ${signal}`));
  };
  const [onInterrupt, onTerminate] = [listener('SIGINT'), listener('SIGTERM')];
  target.on('SIGINT', onInterrupt);
  target.on('SIGTERM', onTerminate);
  try {
    await host.start({ signal: stop.signal }).catch((error: unknown) => {
      if (error !== stop.signal.reason) throw error;
    });
    await host.closed;
  } finally {
    target.off('SIGINT', onInterrupt);
    target.off('SIGTERM', onTerminate);
  }
}
