import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { PluginDefinition } from '../plugin/plugin.js';
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
