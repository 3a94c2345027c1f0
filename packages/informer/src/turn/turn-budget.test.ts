import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { TurnBudget } from './turn-budget.js';

describe('TurnBudget', () => {
  it('is one for all who share a clock', () => {
    const clock = new FakeClock();
    expect(TurnBudget.of(clock)).toBe(TurnBudget.of(clock));
    expect(TurnBudget.of(clock)).not.toBe(TurnBudget.of(new FakeClock()));
  });

  it('ends a turn after 10 ms of work, and begins another with the next turn of the event loop', async () => {
    const clock = new FakeClock();
    const budget = TurnBudget.of(clock);
    expect([budget.take(0), budget.take(10), budget.take(10.1), budget.take(11)]).toEqual([true, true, false, false]);
    await budget.turn();
    expect(budget.take(12)).toBe(true);
  });

  it('ends a turn after many steps where time stands still', async () => {
    const budget = TurnBudget.of(new FakeClock());
    let steps = 0;
    while (budget.take(0)) steps++;
    expect(steps).toBe(1024);
    await budget.turn();
    expect(budget.take(0)).toBe(true);
  });

  it('lets those who wait begin in turn, one each', async () => {
    const budget = TurnBudget.of(new FakeClock());
    const told: string[] = [];
    const greedy = (name: string): void => {
      told.push(name);
      while (budget.take(0));
      if (told.length < 6) budget.later(() => greedy(name));
    };
    for (const name of ['a', 'b', 'c']) budget.later(() => greedy(name));
    while (told.length < 6) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });
});
