import { abortReason } from './abort-reason.js';

/**
 * Does `work`, but waits for it no longer than the signal allows: then it rejects with the signal's reason, and whatever
 * becomes of the work is ignored. The work is begun in any case.
 */
export function until<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(abortReason(signal));
    signal.addEventListener('abort', giveUp, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp));
    if (signal.aborted) giveUp();
  });
}
