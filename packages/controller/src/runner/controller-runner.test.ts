import type { KubeObject, ObjectKey } from '@kubewright/api';
import type { Pod } from '@kubewright/api/core/v1';
import { Pod as PodKind } from '@kubewright/api/core/v1';
import { MetricsRegistry, noTracer } from '@kubewright/core';
import type { LogFields, Logger, Metrics } from '@kubewright/core';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { Client, InformerFactory, WorkQueue } from '@kubewright/informer';
import { ScriptedApiServer } from '@kubewright/informer/testing';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Controller } from '../decorators/controller.js';
import type { ControllerOptions } from '../decorators/controller.js';
import { Watches } from '../decorators/watches.js';
import { requeueAfter } from '../reconcile/outcome.js';
import { Reconciler } from '../reconcile/reconciler.js';
import { watchSource } from './event-sources.js';
import { ControllerRunner } from './controller-runner.js';
import { Leadership } from '../leader-election/leadership.js';
import { defaultLeaseTimes } from '../leader-election/lease-times.js';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps what was logged. */
class Log implements Logger {
  constructor(
    readonly lines: Line[] = [],
    private readonly bound: LogFields = {},
  ) {}
  debug = this.#at('debug');
  info = this.#at('info');
  warn = this.#at('warn');
  error = this.#at('error');
  child(fields: LogFields): Log {
    return new Log(this.lines, { ...this.bound, ...fields });
  }
  #at(level: string) {
    return (message: string, fields: LogFields = {}): void =>
      void this.lines.push({ level, message, fields: { ...this.bound, ...fields } });
  }
}

/** The values of all series, summed up by metric. */
function countsOf(metrics: Metrics): Map<string, number> {
  return new Map(
    metrics.collect().map(({ name, samples }) => [name, samples.reduce((sum, { value }) => sum + value, 0)]),
  );
}

/** A controller of Pods whose runs do what the test says. */
async function start(
  names: readonly string[],
  reconcile: (name: string, signal: AbortSignal) => unknown,
  options: Partial<ControllerOptions> = {},
  map: (name: string) => Iterable<ObjectKey> = (name) => [{ name, namespace: 'default' }],
  elects = false,
) {
  const again = new Subject<string>();
  @Controller({ for: PodKind, name: 'tested', ...options })
  @Watches(() => again, map)
  class Tested extends Reconciler<Pod> {
    override reconcile(...[pod, { signal }]: Parameters<Reconciler<Pod>['reconcile']>): Promise<void> {
      return reconcile(pod.metadata.name ?? '', signal) as Promise<void>;
    }
  }
  const server = new ScriptedApiServer(PodKind);
  for (const name of names) server.set(name);
  const clock = new FakeClock();
  const leadership = new Leadership(defaultLeaseTimes, clock);
  const random = new SeededRandom();
  const logger = new Log();
  const metrics = new MetricsRegistry();
  const client = new Client({ transport: server, clock });
  const cluster = {
    name: 'scripted',
    namespace: 'default',
    transport: server,
    informers: new InformerFactory({ client, clock, random }),
    client: () => client,
  };
  const runner = new ControllerRunner(new Tested(), cluster, {
    clock,
    random,
    logger,
    metrics,
    tracer: noTracer,
    gate: elects ? leadership : undefined,
  });
  const started = runner.start();
  await clock.advance(0);
  await started;
  return { runner, server, clock, leadership, counts: () => countsOf(metrics), again, lines: logger.lines };
}

describe('what a reconcile returns', () => {
  it.each([0, -1, -Infinity])('requeueAfter(%o) asks for nothing, or is refused', async (after) => {
    let runs = 0;
    const { runner, clock } = await start(['a'], async () => {
      runs++;
      return requeueAfter(after);
    });
    await clock.advance(1_000);
    expect(runs).toBeLessThan(12);
    await runner.stop();
  });

  it.each([requeueAfter(Number.NaN), {}, 5, { requeue: true }, 'soon', null])(
    '%o is an error that names the controller and the value, retried with backoff',
    async (value) => {
      let runs = 0;
      const { runner, clock, lines } = await start(['a'], async () => {
        runs++;
        return value;
      });
      await clock.advance(100);
      expect(runs).toBe(5);
      const error = lines.find(({ level }) => level === 'error')?.fields['error'];
      expect(error).toMatchObject({ code: 'KW_CONTROLLER_RECONCILE_RESULT', details: { controller: 'tested', value } });
      await runner.stop();
    },
  );

  it('waits longer than a timer of Node can', async () => {
    let runs = 0;
    const year = 365 * 86_400_000;
    const { runner, clock } = await start(['a'], async () => {
      runs++;
      return requeueAfter(year);
    });
    await clock.advance(year - 1);
    expect(runs).toBe(1);
    await clock.advance(1);
    expect(runs).toBe(2);
    await runner.stop();
  });

  it('a synchronous throw is an error like any other', async () => {
    const { runner, clock, lines } = await start(['a'], () => {
      throw new Error('thrown at once');
    });
    await clock.advance(100);
    expect(lines.filter(({ message }) => message === 'reconcile failed').length).toBeGreaterThan(1);
    await runner.stop();
  });
});

describe('a source of events', () => {
  it('whose event cannot be mapped goes on, and the process with it', async () => {
    const ran: string[] = [];
    const { runner, again, clock, lines } = await start(
      ['a'],
      async (name) => void ran.push(name),
      {},
      (name) => {
        if (name === 'broken') throw new Error('cannot be mapped');
        return name === 'none' ? (JSON.parse('null') as []) : [{ name, namespace: 'default' }];
      },
    );
    await clock.advance(0);
    for (const name of ['broken', 'none', 'a']) again.next(name);
    await clock.advance(0);
    expect(ran).toEqual(['a', 'a']);
    expect(lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual(
      Array(2).fill('an event of a source could not be mapped to keys and was passed over'),
    );
    await runner.stop();
  });

  it('that cannot be made anew after an error is tried again', async () => {
    let made = 0;
    const clock = new FakeClock();
    const lines: Line[] = [];
    const failing = new Subject<never>();
    const source = (): Subject<never> => {
      if (++made === 2) throw new Error('not now');
      return made === 1 ? failing : new Subject();
    };
    const queue = new WorkQueue<string>({ name: 'tested', clock });
    const target = { name: 'tested', kind: PodKind, queue, clock, logger: new Log(lines) };
    using _watch = watchSource(
      { source, map: () => [] },
      new (class extends Reconciler<KubeObject> {
        override async reconcile(): Promise<void> {}
      })(),
      target,
    );
    failing.error(new Error('broken'));
    await clock.advance(10_000);
    expect(made).toBe(3);
    expect(lines.map(({ message }) => message)).toEqual(
      Array(2).fill('an event source failed and is subscribed to anew'),
    );
  });
});

describe('invariant 10: a controller that is never done', () => {
  it('lets the event loop turn, and other objects run', async () => {
    const runs = new Map<string, number>();
    const source: { again?: Subject<string> } = {};
    const { runner, again, clock } = await start(['hot', 'other'], async (name) => {
      runs.set(name, (runs.get(name) ?? 0) + 1);
      if (name === 'hot') source.again?.next('hot');
    });
    source.again = again;
    again.next('hot');
    for (let turn = 0; turn < 5; turn++) await clock.advance(0);
    again.next('other');
    await clock.advance(0);
    expect(runs.get('hot')).toBeGreaterThan(100);
    expect(runs.get('other')).toBe(2);
    await runner.stop();
  });
});

describe('invariant 10: a run that does not end', () => {
  it('is told and counted, its worker goes on, and its key does not run again before it ended', async () => {
    const ran: string[] = [];
    let release = (): void => {};
    const stuck = new Promise<void>((resolve) => (release = resolve));
    const { runner, clock, counts, lines, server } = await start(
      ['a', 'b'],
      async (name) => {
        ran.push(name);
        if (name === 'a') await stuck;
      },
      { timeout: 50, concurrency: 1 },
    );
    await clock.advance(1_000);
    expect([ran, runner.waitingFor]).toEqual([['a'], undefined]);
    await clock.advance(50);
    expect(ran).toEqual(['a', 'b']);
    expect(lines).toMatchObject([
      {
        level: 'error',
        message: 'a reconcile does not end',
        fields: { controller: 'tested', key: 'default/a', error: { code: 'KW_CONTROLLER_RECONCILE_STUCK' } },
      },
    ]);
    expect(counts().get('kubewright_stuck_reconciles_total')).toBe(1);
    expect(counts().get('kubewright_stuck_reconciles')).toBe(1);
    expect(runner.waitingFor).toBe('controller tested waits for its run of default/a, which does not end after 1 s');
    server.set('a', { spec: 2 });
    server.set('b', { spec: 2 });
    await clock.advance(10_000);
    expect(ran).toEqual(['a', 'b', 'b']);
    release();
    await clock.advance(0);
    expect(ran).toEqual(['a', 'b', 'b', 'a']);
    expect([runner.waitingFor, counts().get('kubewright_stuck_reconciles')]).toEqual([undefined, 0]);
    expect(lines.at(-1)?.message).toBe('a reconcile that was stuck has ended');
    await runner.stop();
  });

  it('is no such thing where it heeds its signal', async () => {
    const { runner, clock, counts, lines } = await start(
      ['a'],
      (_name, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      { timeout: 50, concurrency: 1 },
    );
    await clock.advance(5_000);
    expect(counts().get('kubewright_stuck_reconciles_total')).toBe(0);
    expect(counts().get('controller_runtime_reconcile_timeouts_total')).toBeGreaterThan(1);
    expect(lines.every(({ message }) => message === 'reconcile failed')).toBe(true);
    await runner.stop();
  });

  it('leaves at most a hundred runs to themselves', async () => {
    const ran: string[] = [];
    const release: (() => void)[] = [];
    const names = Array.from({ length: 130 }, (_, index) => `pod-${index}`);
    const { runner, clock } = await start(
      names,
      (name) => {
        ran.push(name);
        return new Promise<void>((resolve) => release.push(resolve));
      },
      { timeout: 50, concurrency: 1 },
    );
    await clock.advance(500_000);
    expect(ran).toHaveLength(101);
    while (ran.length < 130) {
      for (const end of release.splice(0)) end();
      await clock.advance(0);
    }
    for (const end of release) end();
    await runner.stop();
  });
});

describe('a controller of a copy that does not lead', () => {
  /** A copy that waits to lead; its runs end when the test says so, or with their signal. */
  const standBy = async (options: Partial<ControllerOptions> = {}) => {
    const ran: string[] = [];
    const signals: AbortSignal[] = [];
    const copy = await start(
      ['a', 'b'],
      (name, signal) => {
        ran.push(name);
        signals.push(signal);
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      },
      options,
      undefined,
      true,
    );
    return { ...copy, ran, signals };
  };

  it('is ready with its informers complete, and runs nothing, whatever happens', async () => {
    const { runner, server, again, clock, ran } = await standBy();
    expect([server.requests.length > 0, runner.waitingFor]).toEqual([true, undefined]);
    for (let count = 0; count < 100; count++) server.set(`new-${count}`);
    server.remove('b');
    again.next('a');
    await clock.advance(60_000);
    expect(ran).toEqual([]);
    await runner.stop();
    expect(server.watchers).toBe(0);
  });

  it('works when it leads, with no further list, on what there is then', async () => {
    const { runner, server, clock, leadership, ran } = await standBy();
    server.set('c');
    server.remove('b');
    await clock.advance(1_000);
    const asked = server.requests.length;
    leadership.renewed(leadership.moment);
    await clock.advance(0);
    expect(ran.toSorted()).toEqual(['a', 'c']);
    server.set('d');
    for (let turn = 0; turn < 5; turn++) await clock.advance(0);
    expect(ran.at(-1)).toBe('d');
    expect(server.requests).toHaveLength(asked);
    await runner.stop();
  });

  it('ends its runs when it can no longer be sure to lead, quietly, and begins them anew when it leads again', async () => {
    const { runner, clock, leadership, ran, signals, lines } = await standBy();
    leadership.renewed(leadership.moment);
    await clock.advance(9_999);
    expect([ran.toSorted(), signals.some(({ aborted }) => aborted)]).toEqual([['a', 'b'], false]);
    await clock.advance(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    await clock.advance(60_000);
    expect([ran.length, lines]).toEqual([2, []]);
    leadership.renewed(leadership.moment);
    await clock.advance(0);
    expect(ran.slice(2).toSorted()).toEqual(['a', 'b']);
    leadership.close();
    await clock.advance(0);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    await runner.stop();
  });

  it('works all the same where it needs no leader', async () => {
    const { runner, ran } = await standBy({ needsLeader: false });
    expect(ran).toEqual(['a', 'b']);
    await runner.stop();
  });
});

describe('options of a controller', () => {
  it.each([
    { concurrency: 0 },
    { concurrency: Number.NaN },
    { concurrency: 1.5 },
    { timeout: 0 },
    { timeout: Number.NaN },
  ])('%o is refused', (options) =>
    expect(start([], async () => {}, options)).rejects.toThrow(/KW_CONTROLLER_OPTION_INVALID/),
  );
});
