import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { startTestApiServer } from '../testing/start-test-api-server.js';

describe('InProcessTransport', () => {
  it('leaves nothing behind of a watch whose reader aborts and walks away', async () => {
    const clock = new FakeClock();
    const { transport, stop } = await startTestApiServer({ clock });
    const timers = clock.timers;
    const abort = new AbortController();
    const response = await transport.send({ method: 'GET', path: '/api/v1/namespaces?watch=true' }, abort.signal);
    await response.body[Symbol.asyncIterator]().next();
    expect(clock.timers).toBeGreaterThan(timers);
    abort.abort(new Error('gone'));
    await expect.poll(() => clock.timers).toBe(timers);
    await stop();
  });
});
