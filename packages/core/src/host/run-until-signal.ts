import type { Clock } from '../clock/clock.js';
import { SystemClock } from '../clock/system-clock.js';
import { coreErrors } from '../errors/core-errors.js';
import type { Host } from './host.js';

/** The part of Node's `process` that is used. */
export interface SignalTarget {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): void;
}

/** Milliseconds in which those who wait for the end can still write why it came. */
const lastWords = 100;

const exitCodes = { SIGINT: 130, SIGTERM: 143 };

/**
 * Starts a host and keeps it until SIGINT or SIGTERM, or until one of its plugins fails; then it is stopped in order. Resolves
 * after a stop that a signal asked for, also during the start; rejects where a start, a plugin or the stop failed. A second
 * signal ends the process at once, with 128 plus the signal's number as a shell would have it.
 *
 * A plugin that does not end within the grace period would keep the process for ever, as one that is neither at work nor gone:
 * nothing would start it anew. So the process is ended then, with the code 1.
 *
 * ```ts
 * await runUntilSignal(new Host().use(WebsiteController));
 * ```
 *
 * @param target - whose signals to listen to, and what to end. Default: this process.
 */
export async function runUntilSignal(
  host: Host,
  target: SignalTarget = process,
  clock: Clock = new SystemClock(),
): Promise<void> {
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
  } catch (error) {
    if (await leavesSomething(host)) clock.setTimer(lastWords, () => target.exit(1));
    throw error;
  } finally {
    target.off('SIGINT', onInterrupt);
    target.off('SIGTERM', onTerminate);
  }
}

/** Whether something of a host that has stopped goes on. */
async function leavesSomething(host: Host): Promise<boolean> {
  const failure: unknown = await host.stop().catch((error: unknown) => error);
  return coreErrors.STOP_FAILED.is(failure) && failure.details.overdue.length > 0;
}
