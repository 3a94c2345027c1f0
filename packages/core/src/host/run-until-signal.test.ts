import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Clock } from '../clock/clock.js';
import { coreErrors } from '../errors/core-errors.js';
import { provide } from '../plugin/plugin.js';
import type { PluginDefinition } from '../plugin/plugin.js';
import { FakeClock } from '../testing/fake-clock.js';
import { Host } from './host.js';
import { runUntilSignal } from './run-until-signal.js';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

/** A plugin that tells when it has started, and whose stop waits until it is released. */
function probe() {
  let [hasStarted, release] = [(): void => undefined, (): void => undefined];
  const started = new Promise<void>((resolve) => (hasStarted = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const plugin: PluginDefinition = { name: 'probe', start: async () => hasStarted(), stop: () => released };
  return { plugin, started, release: () => release() };
}

describe('runUntilSignal', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('stops the host at %s and listens no more', async (signal) => {
    const [target, { plugin, started, release }] = [new FakeProcess(), probe()];
    const host = new Host().use(plugin);
    const run = runUntilSignal(host, target);
    await started;
    release();
    target.emit(signal);
    await run;
    expect([host.state, target.exits, target.eventNames()]).toEqual(['stopped', [], []]);
  });

  it('exits at the second signal', async () => {
    const [target, { plugin, started, release }] = [new FakeProcess(), probe()];
    const run = runUntilSignal(new Host().use(plugin), target);
    await started;
    target.emit('SIGINT');
    target.emit('SIGTERM');
    expect(target.exits).toEqual([143]);
    release();
    await run;
  });

  it('takes a signal during the start as a wish to end, not as an error', async () => {
    const target = new FakeProcess();
    const plugin: PluginDefinition = {
      name: 'slow',
      start: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    };
    const run = runUntilSignal(new Host().use(plugin), target);
    target.emit('SIGTERM');
    await run;
  });

  it.each(['fails', 'is stopped'] as const)(
    'ends the process where a plugin %s and does not end in time, once it was told why',
    async (how) => {
      const [target, clock, { plugin, started }] = [new FakeProcess(), new FakeClock(), probe()];
      const frail: PluginDefinition = {
        name: 'frail',
        start: async ({ fail }) => void (how === 'fails' && setImmediate(() => fail(new Error('gone')))),
      };
      const host = new Host({ gracePeriod: 50 }).use([
        plugin,
        frail,
        { name: 'clock', provides: [provide(Clock, { value: clock })] },
      ]);
      const told = runUntilSignal(host, target, clock).catch((error: unknown) => error);
      await started;
      if (how === 'is stopped') target.emit('SIGTERM');
      await clock.advance(60);
      expect(await told).toBeInstanceOf(Error);
      expect(target.exits).toEqual([]);
      await clock.advance(100);
      expect(target.exits).toEqual([1]);
    },
  );

  it('leaves the process alone where all that failed has ended', async () => {
    const [target, clock] = [new FakeProcess(), new FakeClock()];
    const plugin: PluginDefinition = { name: 'bad', stop: () => Promise.reject(new Error('cannot')) };
    const run = runUntilSignal(new Host().use(plugin), target, clock);
    await clock.advance(0);
    target.emit('SIGTERM');
    await expect(run).rejects.toSatisfy(coreErrors.STOP_FAILED.is);
    await clock.advance(1_000);
    expect(target.exits).toEqual([]);
  });

  it('rejects where the start fails', async () => {
    const target = new FakeProcess();
    const run = runUntilSignal(new Host().use({ name: 'bad', start: () => Promise.reject(new Error('no')) }), target);
    await expect(run).rejects.toThrow("plugin 'bad' failed to start: no");
    expect(target.eventNames()).toEqual([]);
  });

  it('rejects where a plugin fails while running', async () => {
    const plugin: PluginDefinition = {
      name: 'frail',
      start: async ({ fail }) => void setImmediate(() => fail(new Error('gone'))),
    };
    await expect(runUntilSignal(new Host().use(plugin), new FakeProcess())).rejects.toThrow(
      "plugin 'frail' failed while running: gone",
    );
  });
});
