import { describe, expect, it } from 'vitest';
import { Clock } from '../clock/clock.js';
import type { StartContext, StopContext } from '../plugin/lifecycle.js';
import type { PluginDefinition } from '../plugin/plugin.js';
import { FakeClock } from '../testing/fake-clock.js';
import { Host } from './host.js';

/** A promise and the means to settle it. */
function gate(): { readonly promise: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

/** Plugins that write down what happens to them. */
function recorder() {
  const log: string[] = [];
  const plugin = (name: string, data: Partial<PluginDefinition> = {}): PluginDefinition => ({
    name,
    ...data,
    async start(context: StartContext) {
      log.push(`start ${name}`);
      await data.start?.(context);
      log.push(`started ${name}`);
    },
    async stop(context: StopContext) {
      log.push(`stop ${name}`);
      await data.stop?.(context);
      log.push(`stopped ${name}`);
    },
  });
  return { log, plugin };
}

const rejection = async (promise: Promise<unknown>): Promise<unknown> =>
  await promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );

describe('the order of start and stop', () => {
  it('follows dependencies, whatever the order of registration, and stops in reverse', async () => {
    const { log, plugin } = recorder();
    const host = await new Host()
      .use([plugin('c', { requires: ['b'] }), plugin('a'), plugin('b', { requires: ['a'] })])
      .start();
    await host.stop();
    expect(log).toEqual(
      ['a', 'b', 'c']
        .flatMap((name) => [`start ${name}`, `started ${name}`])
        .concat(['c', 'b', 'a'].flatMap((name) => [`stop ${name}`, `stopped ${name}`])),
    );
  });

  it('follows stages where nothing depends, and pulls what an early plugin needs into its stage', async () => {
    const { log, plugin } = recorder();
    const bundle = [
      plugin('controller'),
      plugin('installer', { stage: 'prepare' }),
      plugin('endpoint', { stage: 'serve', requires: ['helper'] }),
      plugin('helper'),
      plugin('storage', { stage: 'foundation' }),
    ];
    const host = await new Host().use(bundle).start();
    expect(host.state).toBe('running');
    expect(log.filter((line) => line.startsWith('started'))).toEqual(
      ['storage', 'helper', 'endpoint', 'installer', 'controller'].map((name) => `started ${name}`),
    );
  });

  it('starts together what does not depend on each other', async () => {
    const { log, plugin } = recorder();
    const both = gate();
    const host = new Host().use([
      plugin('a', { start: () => both.promise }),
      plugin('b', { start: async () => both.open() }),
    ]);
    const started = await host.start();
    expect(log.slice(0, 2)).toEqual(['start a', 'start b']);
    expect(started.state).toBe('running');
  });

  it('aborts the signal of a plugin right before its stop, not before those above it have stopped', async () => {
    const signals: AbortSignal[] = [];
    const seen: boolean[][] = [];
    const plugin = (name: string, requires: string[]): PluginDefinition => ({
      name,
      requires,
      start: async ({ signal }) => void signals.push(signal),
      stop: async () => void seen.push(signals.map(({ aborted }) => aborted)),
    });
    const host = await new Host().use([plugin('low', []), plugin('high', ['low'])]).start();
    await host.stop();
    expect(seen).toEqual([
      [false, true],
      [true, true],
    ]);
  });
});

describe('a start that fails', () => {
  it('stops what had started, in reverse, skips the rest, and rejects with the cause', async () => {
    const { log, plugin } = recorder();
    const cause = new Error('port in use');
    const host = new Host().use([
      plugin('a'),
      plugin('b', { requires: ['a'] }),
      plugin('c', { requires: ['b'], start: () => Promise.reject(cause) }),
      plugin('d', { requires: ['c'] }),
    ]);
    const error = await rejection(host.start());
    expect(error).toMatchObject({
      code: 'KW_CORE_START_FAILED',
      message: "plugin 'c' failed to start: port in use (KW_CORE_START_FAILED)",
      cause,
    });
    expect(log).toEqual([
      'start a',
      'started a',
      'start b',
      'started b',
      'start c',
      'stop b',
      'stopped b',
      'stop a',
      'stopped a',
    ]);
    expect(host.state).toBe('stopped');
    expect(await rejection(host.closed)).toBe(error);
    expect(await rejection(host.start())).toBe(error);
  });

  it('gives up the starts beside it, and stops one that succeeds all the same', async () => {
    const { log, plugin } = recorder();
    const obedient = plugin('obedient', {
      start: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    const late = gate();
    const stubborn = plugin('stubborn', {
      start: ({ signal }) => (signal.addEventListener('abort', () => late.open()), late.promise),
    });
    const host = new Host().use([obedient, stubborn, plugin('bad', { start: () => Promise.reject(new Error('no')) })]);
    expect(await rejection(host.start())).toMatchObject({ code: 'KW_CORE_START_FAILED', details: { plugin: 'bad' } });
    expect(log).toEqual([
      'start obedient',
      'start stubborn',
      'start bad',
      'started stubborn',
      'stop stubborn',
      'stopped stubborn',
    ]);
  });

  it('keeps the first cause where stopping fails too', async () => {
    const { plugin } = recorder();
    const host = new Host().use([
      plugin('a', { stop: () => Promise.reject(new Error('stuck')) }),
      plugin('b', { requires: ['a'], start: () => Promise.reject(new Error('first')) }),
    ]);
    expect(await rejection(host.start())).toMatchObject({ details: { plugin: 'b', reason: 'first' } });
    expect(await rejection(host.stop())).toMatchObject({ code: 'KW_CORE_STOP_FAILED' });
  });

  it('may be bounded per plugin', async () => {
    const clock = new FakeClock();
    const { log, plugin } = recorder();
    const slow = plugin('slow', {
      requires: ['a'],
      startTimeout: 500,
      start: ({ signal }) => clock.sleep(60_000, signal),
    });
    const start = rejection(
      new Host()
        .override(Clock, clock)
        .use([plugin('a'), slow])
        .start(),
    );
    await clock.advance(500);
    expect(await start).toMatchObject({
      code: 'KW_CORE_START_TIMEOUT',
      details: { plugin: 'slow', milliseconds: 500 },
    });
    expect(log).toEqual(['start a', 'started a', 'start slow', 'stop a', 'stopped a']);
    expect(clock.timers).toBe(0);
  });
});

describe('an abort during the start', () => {
  const waiting = (clock: FakeClock): Partial<PluginDefinition> => ({
    requires: ['a'],
    start: ({ signal }) => clock.sleep(60_000, signal),
  });

  it('rejects with the reason after stopping what had started', async () => {
    const [clock, controller, reason] = [new FakeClock(), new AbortController(), new Error('enough')];
    const { log, plugin } = recorder();
    const host = new Host().override(Clock, clock).use([plugin('a'), plugin('b', waiting(clock))]);
    const start = rejection(host.start({ signal: controller.signal }));
    await clock.advance(10);
    controller.abort(reason);
    expect(await start).toBe(reason);
    expect(log).toEqual(['start a', 'started a', 'start b', 'stop a', 'stopped a']);
    await host.closed;
    expect(clock.timers).toBe(0);
  });

  it('by stop() does the same, and is no failure', async () => {
    const clock = new FakeClock();
    const { log, plugin } = recorder();
    const host = new Host().override(Clock, clock).use([plugin('a'), plugin('b', waiting(clock))]);
    const start = rejection(host.start());
    await clock.advance(10);
    await host.stop();
    expect(await start).toMatchObject({ code: 'KW_CORE_STOPPED' });
    await host.closed;
    expect(log.at(-1)).toBe('stopped a');
  });

  it('does not wait longer than the grace period for a start that ignores it', async () => {
    const clock = new FakeClock();
    const { plugin } = recorder();
    const host = new Host({ gracePeriod: 1_000 })
      .override(Clock, clock)
      .use(plugin('deaf', { start: () => gate().promise }));
    const start = rejection(host.start());
    await clock.advance(0);
    const stop = rejection(host.stop());
    await clock.advance(1_000);
    expect(await stop).toBe('resolved');
    expect(await start).toMatchObject({ code: 'KW_CORE_STOPPED' });
  });

  it('before the start starts nothing', async () => {
    const { log, plugin } = recorder();
    const host = new Host().use(plugin('a'));
    expect(await rejection(host.start({ signal: AbortSignal.abort(new Error('never')) }))).toMatchObject({
      message: 'never',
    });
    expect(log).toEqual([]);
    await host.closed;
  });
});

describe('stop', () => {
  it('is idempotent, and final', async () => {
    const { log, plugin } = recorder();
    const host = await new Host().use(plugin('a')).start();
    await Promise.all([host.stop(), host.stop()]);
    await host[Symbol.asyncDispose]();
    expect(log.filter((line) => line === 'stop a')).toHaveLength(1);
    expect(() => host.use(plugin('b'))).toThrow('register plugins');
    const never = new Host();
    await never.stop();
    expect(await rejection(never.start())).toMatchObject({ code: 'KW_CORE_STOPPED' });
  });

  it('follows the signal that was given to start', async () => {
    const controller = new AbortController();
    const { log, plugin } = recorder();
    const host = await new Host().use(plugin('a')).start({ signal: controller.signal });
    controller.abort(new Error('shutdown'));
    await host.closed;
    expect(log.at(-1)).toBe('stopped a');
  });

  it('goes on past a plugin that fails, and reports it', async () => {
    const { log, plugin } = recorder();
    const host = await new Host({ name: 'h' })
      .use([plugin('a'), plugin('b', { requires: ['a'], stop: () => Promise.reject(new Error('busy')) })])
      .start();
    const error = await rejection(host.stop());
    expect(error).toMatchObject({
      code: 'KW_CORE_STOP_FAILED',
      message: "host 'h' did not stop cleanly; failed: b (busy) (KW_CORE_STOP_FAILED)",
    });
    expect(log.at(-1)).toBe('stopped a');
    expect(await rejection(host.closed)).toBe(error);
  });

  it('waits 30 seconds in all, tells the plugin, then asks the others without waiting', async () => {
    const clock = new FakeClock();
    const { log, plugin } = recorder();
    let told = false;
    const slow = plugin('slow', {
      requires: ['a'],
      stop: ({ signal }) => (signal.addEventListener('abort', () => (told = true)), gate().promise),
    });
    const host = await new Host({ name: 'h' })
      .override(Clock, clock)
      .use([plugin('a'), slow])
      .start();
    const stop = rejection(host.stop());
    await clock.advance(29_999);
    expect([told, log.at(-1)]).toEqual([false, 'stop slow']);
    await clock.advance(1);
    const error = await stop;
    expect(told).toBe(true);
    expect(log.slice(-2)).toEqual(['stop a', 'stopped a']);
    expect(error).toMatchObject({ details: { failed: [] } });
    expect((error as Error).message).toContain('still running after the grace period of 30000 ms: slow');
    expect(clock.timers).toBe(0);
  });

  it('bounds children by the grace period of their parent', async () => {
    const clock = new FakeClock();
    const { plugin } = recorder();
    const host = await new Host({ gracePeriod: 1_000 }).override(Clock, clock).use(plugin('a')).start();
    await host
      .child({ name: 'slow child', gracePeriod: 60_000 })
      .use(plugin('b', { stop: () => gate().promise }))
      .start();
    const stop = rejection(host.stop());
    await clock.advance(1_000);
    expect(((await stop) as Error).message).toContain("failed: host 'slow child' did not stop cleanly");
  });
});

describe('a plugin that fails while running', () => {
  it('ends the host in order, and closed says why', async () => {
    const { log, plugin } = recorder();
    let fail = (_error: unknown): void => undefined;
    const lease = plugin('lease', { requires: ['a'], start: async (context) => void (fail = context.fail) });
    const host = await new Host().use([plugin('a'), lease]).start();
    const cause = new Error('lease lost');
    fail(cause);
    fail(new Error('again'));
    expect(await rejection(host.closed)).toMatchObject({
      code: 'KW_CORE_PLUGIN_FAILED',
      message: "plugin 'lease' failed while running: lease lost (KW_CORE_PLUGIN_FAILED)",
      cause,
    });
    expect(log.slice(-4)).toEqual(['stop lease', 'stopped lease', 'stop a', 'stopped a']);
    fail(new Error('too late'));
    await host.stop();
  });
});
