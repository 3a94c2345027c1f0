import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { silentLogger } from '@kubewright/core';
import { Client, InformerFactory } from '@kubewright/informer';
import { FakeTransport } from '@kubewright/informer/testing';
import type { FakeResponse } from '@kubewright/informer/testing';
import { describe, expect, it } from 'vitest';
import { ResourceMonitors } from './resource-monitors.js';

const resource = (plural: string): object => ({
  resource: plural,
  responseKind: { kind: plural },
  scope: 'Namespaced',
  verbs: ['list', 'watch', 'delete'],
});

/** A server with some kinds, of which some cannot be listed. */
class Kinds {
  plurals: string[] = ['good'];
  broken = new Set<string>();
  isDown = false;

  answer(path: string): FakeResponse {
    if (this.isDown) return { status: 500, body: {} };
    if (path === '/api') return { body: { items: [] } };
    if (path === '/apis') {
      const versions = [{ version: 'v1', resources: this.plurals.map(resource) }];
      return { body: { items: [{ metadata: { name: 'g' }, versions }] } };
    }
    const plural = /\/apis\/g\/v1\/(\w+)/.exec(path)?.[1] ?? '';
    if (this.broken.has(plural) || path.includes('sendInitialEvents')) return { status: 422, body: {} };
    if (path.includes('watch=true')) return { body: silence() };
    return { body: { metadata: { resourceVersion: '1' }, items: [] } };
  }
}

async function* silence(): AsyncGenerator<Uint8Array> {
  await new Promise(() => undefined);
  yield new Uint8Array();
}

async function withMonitors(
  work: (monitors: ResourceMonitors, kinds: Kinds, clock: FakeClock) => Promise<void>,
): Promise<void> {
  const [kinds, clock, stop] = [new Kinds(), new FakeClock(), new AbortController()];
  const client = new Client({ transport: new FakeTransport(({ path }) => kinds.answer(path)), clock });
  const informers = new InformerFactory({ client, clock, random: new SeededRandom(1) });
  const monitors = new ResourceMonitors({
    client,
    informerOf: (kind) => informers.informer(kind),
    onEvent: () => undefined,
    clock,
    logger: silentLogger,
  });
  try {
    await work(monitors, kinds, clock);
  } finally {
    stop.abort();
    await monitors.run(stop.signal);
  }
}

const { signal } = new AbortController();

describe('ResourceMonitors', () => {
  it('follow the kinds that are served', () =>
    withMonitors(async (monitors, kinds, clock) => {
      await monitors.refresh(signal);
      await clock.advance(3_000);
      await monitors.whenSettled();
      expect(monitors.unsynced).toEqual([]);
      kinds.plurals = ['good', 'fresh'];
      await monitors.refresh(signal);
      expect(monitors.unsynced).toEqual(['fresh']);
      kinds.plurals = ['good'];
      await monitors.refresh(signal);
      expect(monitors.unsynced).toEqual([]);
    }));

  it('keep what they have while the server cannot tell', () =>
    withMonitors(async (monitors, kinds) => {
      await monitors.refresh(signal);
      kinds.isDown = true;
      await expect(monitors.refresh(signal)).rejects.toThrow();
      expect(monitors.kinds.watched.map(({ plural }) => plural)).toEqual(['good']);
    }));

  it('wait half a minute for a kind that cannot be listed, and no longer', () =>
    withMonitors(async (monitors, kinds, clock) => {
      kinds.plurals = ['good', 'bad'];
      kinds.broken.add('bad');
      await monitors.refresh(signal);
      let isSettled = false;
      const settled = monitors.whenSettled().then(() => (isSettled = true));
      await clock.advance(29_000);
      expect(isSettled).toBe(false);
      await clock.advance(1_000);
      await settled;
      expect(monitors.unsynced).toEqual(['bad']);
    }));
});
