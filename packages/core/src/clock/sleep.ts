import { abortReason } from '../async/abort-reason.js';
import type { Clock } from './clock.js';

/** `Clock.sleep` in terms of `Clock.setTimer`, for implementations of the clock. */
export function sleepOn(clock: Pick<Clock, 'setTimer'>, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer.cancel();
      reject(abortReason(signal));
    };
    const timer = clock.setTimer(milliseconds, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
