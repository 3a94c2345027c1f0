import type { Clock, Timer, TimerOptions } from './clock.js';
import { sleepOn } from './sleep.js';
import { timerDelay } from './timer-delay.js';

/** Node holds a timer's delay in a signed 32-bit integer; a longer wait is taken in pieces. */
const longestDelay = 2 ** 31 - 1;

/** The machine's clock. The only place of the project that touches `Date.now` and `setTimeout`. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  setTimer(milliseconds: number, callback: () => void, options: TimerOptions = {}): Timer {
    const delay = timerDelay(milliseconds);
    const due = this.monotonic() + delay;
    let handle: NodeJS.Timeout;
    const arm = (wait: number): void => {
      handle = setTimeout(fire, Math.min(wait, longestDelay));
      if (options.ref === false) handle.unref();
    };
    const fire = (): void => {
      const left = due - this.monotonic();
      // Node rounds delays to whole milliseconds, so a timer may fire a fraction early: only a long wait is armed again.
      if (left > 1) arm(left);
      else callback();
    };
    arm(delay);
    const cancel = (): void => clearTimeout(handle);
    return { cancel, [Symbol.dispose]: cancel };
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, milliseconds, signal);
  }
}
