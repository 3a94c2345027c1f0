import { silentLogger } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { MemoryStorage } from '../storage/memory-storage.js';
import { call } from '../testing/requests.js';
import { startTestApiServer } from '../testing/start-test-api-server.js';
import { Compactor } from './compactor.js';

describe('maintenance', () => {
  it('keeps history for five to ten minutes', async () => {
    const [storage, clock] = [new MemoryStorage(), new FakeClock()];
    const compactor = new Compactor(storage, clock, silentLogger);
    await compactor.start();
    await storage.create('/a', new Uint8Array(1));
    await clock.advance(5 * 60_000);
    const revision = await storage.currentRevision();
    await storage.create('/b', new Uint8Array(1));
    expect(await storage.compactedRevision()).toBe(1n);
    await clock.advance(5 * 60_000);
    expect(await storage.compactedRevision()).toBe(revision);
    await compactor.stop();
  });

  it('removes events an hour after they were last seen', async () => {
    const clock = new FakeClock();
    const { transport, stop } = await startTestApiServer({ clock });
    const events = '/api/v1/namespaces/default/events';
    const event = (name: string, lastTimestamp: string) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name },
      involvedObject: { namespace: 'default' },
      lastTimestamp,
    });
    await call(transport, 'POST', events, event('old', '2026-01-01T00:00:00Z'));
    await call(transport, 'POST', events, event('new', '2026-01-01T00:30:00Z'));
    await clock.advance(62 * 60_000);
    const { body } = await call(transport, 'GET', events);
    expect(body).toMatchObject({ items: [{ metadata: { name: 'new' } }] });
    expect(body.items).toHaveLength(1);
    await stop();
  });
});
