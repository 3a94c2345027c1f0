import { describe, expect, it } from 'vitest';
import { Clock } from '../clock/clock.js';
import { Host } from '../host/host.js';
import { contribute } from '../plugin/plugin.js';
import type { PluginDefinition } from '../plugin/plugin.js';
import { FakeClock } from '../testing/fake-clock.js';
import { HealthCheck } from './health-check.js';
import { Readiness } from './readiness.js';

const checking = (name: string, check: HealthCheck['check']): PluginDefinition => ({
  name: `plugin ${name}`,
  contributes: [contribute(HealthCheck, { value: { name, check } })],
});
const fine = async () => ({ ok: true }) as const;

describe('Readiness', () => {
  it('is ready when the host runs and every check is fine, children included', async () => {
    const host = await new Host().use([checking('storage', fine), checking('cache', fine)]).start();
    const child = await host.child({ name: 'east' }).use(checking('informer', fine)).start();
    expect(child.state).toBe('running');
    expect(await host.get(Readiness).report()).toEqual({
      ready: true,
      checks: ['host', 'storage', 'cache', 'east/east', 'east/informer'].map((name) => ({ name, ok: true })),
    });
  });

  it('names what is not ready, and why: an answer, an error, a throw', async () => {
    const checks = [
      checking('answer', async () => ({ ok: false, reason: 'not synced' })),
      checking('rejects', () => Promise.reject(new Error('broken'))),
      checking('throws', () => {
        throw new Error('thrown');
      }),
    ];
    const host = await new Host().use(checks).start();
    const { ready, checks: results } = await host.get(Readiness).report();
    expect(ready).toBe(false);
    expect(results.slice(1).map((result) => !result.ok && result.reason)).toEqual(['not synced', 'broken', 'thrown']);
  });

  it('bounds each check by five seconds and by the signal, and tells it', async () => {
    const clock = new FakeClock();
    const reasons: unknown[] = [];
    const stuck = checking(
      'stuck',
      (signal) => new Promise(() => signal.addEventListener('abort', () => reasons.push(signal.reason))),
    );
    const host = await new Host()
      .override(Clock, clock)
      .use([stuck, checking('fine', fine)])
      .start();
    const late = host.get(Readiness).report();
    await clock.advance(5_000);
    expect((await late).checks.slice(1)).toEqual([
      { name: 'stuck', ok: false, reason: 'no answer within 5000 ms' },
      { name: 'fine', ok: true },
    ]);
    const given = await host.get(Readiness).report(AbortSignal.abort(new Error('client left')));
    expect(given.checks[1]).toEqual({ name: 'stuck', ok: false, reason: 'client left' });
    expect([reasons.length, clock.timers]).toEqual([1, 0]);
  });

  it('is not ready while the host starts or stops', async () => {
    const states: unknown[] = [];
    const watcher: PluginDefinition = {
      name: 'watcher',
      start: async () => void states.push(await host.get(Readiness).report()),
      stop: async () => void states.push(await host.get(Readiness).report()),
    };
    const host = new Host().use(watcher);
    await host.start();
    await host.stop();
    expect(states).toEqual(
      ['starting', 'stopping'].map((reason) => ({ ready: false, checks: [{ name: 'host', ok: false, reason }] })),
    );
  });
});
