import { describe, expect, it } from 'vitest';
import { until } from './until.js';

describe('until', () => {
  it('gives what the work gives', async () => {
    const { signal } = new AbortController();
    expect(await until(() => Promise.resolve(7), signal)).toBe(7);
    await expect(until(() => Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  it('waits no longer than the signal allows, and begins the work in any case', async () => {
    const abort = new AbortController();
    const waiting = until(() => new Promise(() => undefined), abort.signal);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    let begun = false;
    const late = until(async () => (begun = true), abort.signal);
    await expect(late).rejects.toThrow('enough');
    expect(begun).toBe(true);
  });
});
