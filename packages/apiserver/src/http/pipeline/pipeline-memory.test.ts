import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { contributing } from '../../testing/contributing.js';
import { startTestApiServer } from '../../testing/start-test-api-server.js';
import { RequestHandler } from '../request-context.js';
import type { RequestContext } from '../request-context.js';

describe('the pipeline', () => {
  it('leaves no listener on the signal of a request that was answered', async () => {
    const signals: AbortSignal[] = [];
    const lookOn = { handle: ({ signal }: RequestContext) => void signals.push(signal) };
    const { transport, stop } = await startTestApiServer({
      plugins: [contributing('look-on', RequestHandler, lookOn)],
    });
    const { body } = await transport.send({ method: 'GET', path: '/api/v1/namespaces' });
    for await (const chunk of body) expect(chunk.length).toBeGreaterThan(0);
    expect(signals).toHaveLength(1);
    expect(signals.flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
    await stop();
  });
});
