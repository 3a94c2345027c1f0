import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { coreErrors } from '../errors/core-errors.js';
import { SystemRandom } from '../random/system-random.js';
import { SystemClock } from './system-clock.js';

/** The one class that touches Node's timers is tested on the runner's replacement of them. */
describe('SystemClock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const clock = new SystemClock();

  it('fires once after the delay', () => {
    let fired = 0;
    clock.setTimer(100, () => fired++);
    vi.advanceTimersByTime(99);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(fired).toBe(1);
  });

  it('waits longer than a timer of Node can', () => {
    const month = 31 * 86_400_000;
    let fired = false;
    clock.setTimer(month, () => (fired = true));
    vi.advanceTimersByTime(month - 1);
    expect(fired).toBe(false);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(true);
  });

  it('refuses NaN and what is no number, which Node would fire after a millisecond', async () => {
    const notANumber = JSON.parse('"soon"') as number;
    for (const delay of [Number.NaN, notANumber]) {
      expect(() => clock.setTimer(delay, () => {})).toThrow(coreErrors.TIMER_DELAY({ value: String(delay) }).message);
      await expect(clock.sleep(delay)).rejects.toSatisfy(coreErrors.TIMER_DELAY.is);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes what is below 0 for a time that is over, and Infinity for one that never comes', () => {
    const fired: number[] = [];
    for (const delay of [-5, -Infinity, Infinity]) clock.setTimer(delay, () => fired.push(delay));
    vi.advanceTimersByTime(1);
    expect(fired).toEqual([-5, -Infinity]);
    vi.advanceTimersByTime(100 * 86_400_000);
    expect(fired).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('does not fire once cancelled or disposed', () => {
    let fired = 0;
    clock.setTimer(1, () => fired++).cancel();
    clock.setTimer(1, () => fired++)[Symbol.dispose]();
    vi.advanceTimersByTime(10);
    expect(fired).toBe(0);
  });

  it('sleeps until the signal aborts, and leaves no timer', async () => {
    const controller = new AbortController();
    const sleep = clock.sleep(1_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells the time', () => {
    expect(clock.now()).toBe(Date.parse(new Date().toISOString()));
    const before = clock.monotonic();
    vi.advanceTimersByTime(5);
    expect(clock.monotonic() - before).toBe(5);
  });
});

describe('SystemRandom', () => {
  const random = new SystemRandom();

  it('gives numbers, bytes and identifiers', () => {
    const number = random.next();
    expect(number >= 0 && number < 1).toBe(true);
    expect(random.bytes(100_000)).toHaveLength(100_000);
    expect(random.uuid()).toMatch(/^[0-9a-f-]{36}$/);
    expect(random.uuid()).not.toBe(random.uuid());
  });
});
