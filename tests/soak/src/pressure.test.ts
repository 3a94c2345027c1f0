import { describe, expect, it } from 'vitest';
import { pressure } from './pressure.js';

describe('bad requests', () => {
  it('leave an ordinary one answered', { timeout: 60_000 }, async () => {
    const { idle, loaded } = await pressure(60);
    expect(idle).toBeGreaterThan(0);
    // How many times longer it takes is judged where nothing else runs on the machine: by `npm run soak`.
    expect(loaded).toBeGreaterThan(0);
  });
});
