import type { PodStage } from '@kubewright/node';
import { describe, expect, it } from 'vitest';
import { behaviorOf } from './simulated-behavior.js';
import { nextStage } from './simulated-life.js';

const running: PodStage = { name: 'running', restarts: 0 };

describe('nextStage', () => {
  it('runs a pod after its delay, and leaves it running', () => {
    expect(nextStage({ name: 'waiting' }, { outcome: 'run', delay: 500 }, 'Always')).toEqual({
      stage: running,
      after: 500,
    });
    expect(nextStage(running, { outcome: 'run', delay: 500 }, 'Always')).toBeUndefined();
  });

  it('never starts a pod that is to stay pending', () => {
    expect(nextStage({ name: 'waiting' }, { outcome: 'pending', delay: 0 }, 'Always')).toBeUndefined();
  });

  it.each([
    ['complete', 'Never', 'ended', 0],
    ['complete', 'OnFailure', 'ended', 0],
    ['complete', 'Always', 'backing-off', 0],
    ['fail', 'Never', 'ended', 1],
    ['fail', 'OnFailure', 'backing-off', 1],
    ['fail', 'Always', 'backing-off', 1],
  ] as const)('of a container that is to %s, with restart policy %s, is %s', (outcome, policy, name, exitCode) => {
    const behavior = { outcome, delay: 2_000 };
    expect(nextStage({ name: 'waiting' }, behavior, policy)).toEqual({ stage: running, after: 0 });
    expect(nextStage(running, behavior, policy)).toEqual({ stage: { name, restarts: 0, exitCode }, after: 2_000 });
  });

  it('backs off as the kubelet does', () => {
    const after = [0, 1, 2, 3, 5, 6, 9].map(
      (restarts) =>
        nextStage({ name: 'backing-off', restarts, exitCode: 1 }, { outcome: 'fail', delay: 0 }, 'Always')?.after,
    );
    expect(after).toEqual([0, 10_000, 20_000, 40_000, 160_000, 300_000, 300_000]);
  });
});

describe('behaviorOf', () => {
  const [outcome, delay] = ['simulated.kubewright.io/outcome', 'simulated.kubewright.io/delay'];

  it('reads the annotations', () => {
    expect(behaviorOf({ [outcome]: 'fail', [delay]: '1.5s' })).toEqual({ outcome: 'fail', delay: 1_500, problems: [] });
    expect(behaviorOf()).toEqual({ outcome: 'run', delay: 0, problems: [] });
  });

  it('tells what is wrong in them and goes by the defaults', () => {
    expect(behaviorOf({ [outcome]: 'explode', [delay]: 'soon' })).toEqual({
      outcome: 'run',
      delay: 0,
      problems: [
        `${outcome} is 'explode': use run, pending, complete, fail`,
        `${delay} is 'soon': use a duration, as 500ms or 10s`,
      ],
    });
  });
});
