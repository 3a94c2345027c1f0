import { Code } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';
import { ContainerEvents } from './container-events.js';

describe('ContainerEvents', () => {
  it('tells a reader that stays behind that it missed some, and keeps nothing from others', async () => {
    const events = new ContainerEvents();
    const stop = new AbortController();
    const [slow, quick] = [events.subscribe(stop.signal), events.subscribe(stop.signal)];
    const quickly = quick[Symbol.asyncIterator]();
    for (let count = 0; count < 1_500; count++) {
      events.publish({ containerId: `${count}` });
      expect(await quickly.next()).toEqual({ done: false, value: { containerId: `${count}` } });
    }
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const { containerId } of slow) seen.push(containerId);
    })();
    await expect(reading).rejects.toMatchObject({ status: Code.RESOURCE_EXHAUSTED });
    expect([seen.length, seen.at(-1)]).toEqual([1_000, '999']);
    stop.abort();
    expect(await quickly.next()).toMatchObject({ done: true });
  });
});
