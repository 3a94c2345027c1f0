import { describe, expect, it } from 'vitest';
import { coreErrors } from '../errors/core-errors.js';
import { FakeClock } from './fake-clock.js';
import { SeededRandom } from './seeded-random.js';

describe('FakeClock', () => {
  it('moves only when told, and fires timers in the order of their due time', async () => {
    const clock = new FakeClock(1_000);
    const fired: string[] = [];
    clock.setTimer(20, () => fired.push(`b at ${clock.now()}`));
    clock.setTimer(10, () => fired.push(`a at ${clock.now()}`));
    clock.setTimer(20, () => fired.push(`c at ${clock.now()}`));
    await clock.advance(15);
    expect([fired, clock.now(), clock.monotonic(), clock.timers, clock.untilNext]).toEqual([
      ['a at 1010'],
      1_015,
      15,
      2,
      5,
    ]);
    await clock.advance(5);
    expect(fired).toEqual(['a at 1010', 'b at 1020', 'c at 1020']);
    expect(clock.untilNext).toBeUndefined();
  });

  it('fires in one advance what a callback sets within it', async () => {
    const clock = new FakeClock();
    let rounds = 0;
    const again = (): void => void (++rounds < 3 && clock.setTimer(10, again));
    clock.setTimer(10, again);
    await clock.advance(30);
    expect(rounds).toBe(3);
  });

  it('sleeps until the time has come or the signal aborts, and leaves no timer', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleeps = Promise.allSettled([
      clock.sleep(5),
      clock.sleep(50, controller.signal),
      clock.sleep(5, AbortSignal.abort(new Error('before'))),
    ]);
    await clock.advance(5);
    controller.abort(new Error('during'));
    expect(
      (await sleeps).map((sleep) => (sleep.status === 'rejected' ? (sleep.reason as Error).message : 'slept')),
    ).toEqual(['slept', 'during', 'before']);
    expect(clock.timers).toBe(0);
  });

  it("takes the delays that the machine's clock takes", async () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    for (const delay of [-5, -Infinity, Infinity]) clock.setTimer(delay, () => fired.push(delay));
    await clock.advance(1);
    expect(fired).toEqual([-5, -Infinity]);
    expect(() => clock.setTimer(Number.NaN, () => {})).toThrow(coreErrors.TIMER_DELAY({ value: 'NaN' }).message);
  });

  it('forgets a timer that is cancelled', async () => {
    const clock = new FakeClock();
    let fired = false;
    const timer = clock.setTimer(5, () => (fired = true));
    timer.cancel();
    timer.cancel();
    await clock.advance(10);
    expect(fired).toBe(false);
  });
});

describe('SeededRandom', () => {
  it('repeats itself, and differs by seed', () => {
    const take = (random: SeededRandom) => [random.next(), random.next(), random.uuid(), [...random.bytes(4)]];
    expect(take(new SeededRandom(7))).toEqual(take(new SeededRandom(7)));
    expect(take(new SeededRandom(7))).not.toEqual(take(new SeededRandom(8)));
    expect(new SeededRandom().uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
