import { describe, expect, it } from 'vitest';
import { SingleFlight } from './single-flight.js';

/** Work that ends when the test says so, and tells whether it was told to stop. */
function job() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const begun: AbortSignal[] = [];
  const work = (signal: AbortSignal): Promise<string> => {
    begun.push(signal);
    return promise;
  };
  return { work, begun, resolve, reject };
}

describe('SingleFlight', () => {
  it('does work once for all who ask while it goes on, and anew for who asks after it', async () => {
    const flights = new SingleFlight<string>();
    const { work, begun, resolve } = job();
    const both = [flights.run('a', work), flights.run('a', work), flights.run('b', work)];
    resolve('done');
    expect(await Promise.all(both)).toEqual(['done', 'done', 'done']);
    expect(begun).toHaveLength(2);
    await flights.run('a', work);
    expect(begun).toHaveLength(3);
  });

  it('is over before a caller hears of it, also where it failed', async () => {
    const flights = new SingleFlight<string>();
    const { work, reject } = job();
    const failed = flights.run('a', work);
    reject(new Error('no'));
    await expect(failed).rejects.toThrow('no');
    expect(await flights.run('a', () => Promise.resolve('again'))).toBe('again');
  });

  it('goes on for the others when one gives up, and is told to stop when all have', async () => {
    const flights = new SingleFlight<string>();
    const { work, begun } = job();
    const [one, other] = [new AbortController(), new AbortController()];
    const waiting = [flights.run('a', work, one.signal), flights.run('a', work, other.signal)];
    one.abort(new Error('one left'));
    await expect(waiting[0]).rejects.toThrow('one left');
    expect(begun[0]?.aborted).toBe(false);
    other.abort(new Error('all left'));
    await expect(waiting[1]).rejects.toThrow('all left');
    expect(begun[0]?.aborted).toBe(true);
    expect(await flights.run('a', () => Promise.resolve('new'))).toBe('new');
  });

  it('never stops for a caller without a signal, and begins nothing for one that has given up already', async () => {
    const flights = new SingleFlight<string>();
    const { work, begun, resolve } = job();
    const patient = flights.run('a', work);
    const abort = new AbortController();
    const other = flights.run('a', work, abort.signal);
    abort.abort(new Error('left'));
    await expect(other).rejects.toThrow('left');
    await expect(flights.run('b', work, abort.signal)).rejects.toThrow('left');
    expect([begun.length, begun[0]?.aborted]).toEqual([1, false]);
    resolve('done');
    expect(await patient).toBe('done');
  });
});
