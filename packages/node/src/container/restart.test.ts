import { describe, expect, it } from 'vitest';
import { isRestarted, restartDelay } from './restart.js';

it.each([
  ['Always', 0, true],
  ['Always', 1, true],
  ['OnFailure', 0, false],
  ['OnFailure', 137, true],
  ['Never', 1, false],
])('with the policy %s a container that ended with %i is restarted: %s', (policy, exitCode, expected) => {
  expect(isRestarted(exitCode, policy)).toBe(expected);
});

describe('restartDelay', () => {
  it('doubles from ten seconds up to five minutes', () => {
    expect([0, 1, 2, 3, 5, 6, 9].map(restartDelay)).toEqual([0, 10_000, 20_000, 40_000, 160_000, 300_000, 300_000]);
  });
});
