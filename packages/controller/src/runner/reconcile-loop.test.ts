import { statusErrors } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { Controller } from '../decorators/controller.js';
import type { ControllerOptions } from '../decorators/controller.js';
import { TerminalError, requeueAfter } from '../reconcile/outcome.js';
import { Reconciler } from '../reconcile/reconciler.js';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { reconcilerOf, startController } from '../testing/scripted-controller.js';
import type { Reconcile } from '../testing/scripted-controller.js';

async function start(
  names: readonly string[],
  reconcile: Reconcile<ConfigMap>,
  options: Omit<ControllerOptions, 'for' | 'name'> = {},
) {
  const cluster = new ScriptedCluster(ConfigMap);
  for (const name of names) cluster.put(ConfigMap, { metadata: { name } });
  const Tested = reconcilerOf<ConfigMap>({ for: ConfigMap, ...options }, reconcile);
  const controller = await startController(cluster, new Tested());
  const touch = async (name: string): Promise<void> => {
    cluster.put(ConfigMap, { metadata: { name, annotations: { n: String(touches++) } } });
    await controller.settle();
  };
  let touches = 0;
  return { cluster, controller, touch };
}

/** When each run began, in milliseconds on the controller's clock. */
function timed(fail: (run: number) => unknown) {
  const times: number[] = [];
  let now = (): number => 0;
  const reconcile = async (): Promise<unknown> => fail(times.push(now()));
  return { times, reconcile, on: (clock: { monotonic(): number }) => (now = () => clock.monotonic()) };
}

const conflict = statusErrors.conflict({ group: '', resource: 'configmaps' }, 'a', 'it was modified');

describe('a run that fails', () => {
  it('comes again with backoff, doubled from 5 ms, and is logged each time', async () => {
    const { times, reconcile, on } = timed(() => Promise.reject(new Error('no')));
    const { controller, touch } = await start([], reconcile);
    on(controller.clock);
    await touch('a');
    await controller.settle(5 + 10 + 20 + 40);
    expect(times).toEqual([0, 5, 15, 35, 75]);
    expect(controller.errors).toEqual(Array.from({ length: 5 }, () => 'no'));
    await controller.runner.stop();
  });

  it('begins its backoff anew after a success', async () => {
    const { times, reconcile, on } = timed((run) => (run === 3 ? undefined : Promise.reject(new Error('no'))));
    const { controller, touch } = await start([], reconcile);
    on(controller.clock);
    await touch('a');
    await controller.settle(15);
    expect(times).toEqual([0, 5, 15]);
    await touch('a');
    await controller.settle(5);
    expect(times.slice(3)).toEqual([15, 20]);
    await controller.runner.stop();
  });

  it('with a conflict comes again without being reported', async () => {
    const { times, reconcile } = timed((run) => (run < 3 ? Promise.reject(conflict) : undefined));
    const { controller, touch } = await start([], reconcile);
    await touch('a');
    await controller.settle(1_000);
    expect([times.length, controller.errors]).toEqual([3, []]);
    await controller.runner.stop();
  });

  it('with a TerminalError waits for the next change', async () => {
    const { times, reconcile } = timed(() => Promise.reject(new TerminalError('it cannot be')));
    const { controller, touch } = await start([], reconcile);
    await touch('a');
    await controller.settle(1_000_000);
    expect([times.length, controller.errors]).toEqual([1, ['KW_CONTROLLER_TERMINAL']]);
    await touch('a');
    expect(times).toHaveLength(2);
    await controller.runner.stop();
  });

  it('holds up no other object', async () => {
    const ran: string[] = [];
    const { controller } = await start(['a', 'b'], async ({ metadata }) => {
      ran.push(metadata.name ?? '');
      if (metadata.name === 'a') throw new Error('no');
    });
    expect(new Set(ran)).toEqual(new Set(['a', 'b']));
    await controller.runner.stop();
  });

  it('names the run in its log line, and counts how often it failed before', async () => {
    const ids: string[] = [];
    const { controller } = await start(['a'], async (_object, ctx) => {
      ids.push(ctx.id);
      throw new Error(`after ${ctx.retries}`);
    });
    await controller.settle(5);
    const lines = controller.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields);
    expect(lines).toMatchObject([
      { controller: 'tested', key: 'default/a', reconcile: ids[0], retries: 0 },
      { controller: 'tested', key: 'default/a', reconcile: ids[1], retries: 1 },
    ]);
    expect(new Set(ids).size).toBe(2);
    await controller.runner.stop();
  });
});

describe('a run that asks for another', () => {
  it('gets it after that time, and once', async () => {
    const { times, reconcile, on } = timed((run) => (run === 1 ? requeueAfter('1m') : undefined));
    const { controller, touch } = await start([], reconcile);
    on(controller.clock);
    await touch('a');
    await controller.settle(59_999);
    expect(times).toHaveLength(1);
    await controller.settle(1_000_000);
    expect(times).toEqual([0, 60_000]);
    await controller.runner.stop();
  });
});

describe('one object', () => {
  it('is never reconciled twice at once; what changes meanwhile brings one more run', async () => {
    const ends: (() => void)[] = [];
    let atOnce = 0;
    let most = 0;
    const { controller, touch } = await start(['a'], async () => {
      most = Math.max(most, ++atOnce);
      await new Promise<void>((resolve) => ends.push(resolve));
      atOnce--;
    });
    for (let n = 0; n < 3; n++) await touch('a');
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await controller.settle();
    expect([ends.length, most]).toEqual([2, 1]);
    for (const end of ends) end();
    await controller.runner.stop();
  });

  it('is reconciled beside others, as many at once as `concurrency` says', async () => {
    const ends: (() => void)[] = [];
    const { controller } = await start(['a', 'b', 'c'], () => new Promise<void>((resolve) => ends.push(resolve)), {
      concurrency: 2,
    });
    expect(ends).toHaveLength(2);
    ends[0]?.();
    await controller.settle();
    expect(ends).toHaveLength(3);
    for (const end of ends) end();
    await controller.runner.stop();
  });
});

describe('an object that goes', () => {
  it('while it is reconciled is no error, and its name is free', async () => {
    let isFirst = true;
    const { cluster, controller, touch } = await start([], async (object, ctx) => {
      if (isFirst) cluster.remove(ConfigMap, 'a');
      isFirst = false;
      await ctx.patch(ConfigMap, object, { data: { a: 'b' } });
    });
    await touch('a');
    expect(cluster.get(ConfigMap, 'a')).toBeUndefined();
    expect(controller.errors).toEqual([]);
    await touch('a');
    expect(controller.errors).toEqual([]);
    await controller.runner.stop();
  });

  it('does not excuse that another object is missing', async () => {
    const { cluster, controller } = await start(['a'], async (_object, ctx) => {
      await ctx.client.get(ConfigMap, { name: 'b' }, { signal: ctx.signal });
    });
    expect(cluster.requests[0]?.path).toBe('/api/v1/namespaces/default/configmaps/b');
    expect(controller.errors).toEqual(['NotFound']);
    await controller.runner.stop();
  });

  it('does not excuse a NotFound about its own name while it is there', async () => {
    const { controller } = await start(['a'], () =>
      Promise.reject(statusErrors.notFound({ group: '', resource: 'configmaps' }, 'a')),
    );
    expect(controller.errors).toEqual(['NotFound']);
    await controller.runner.stop();
  });

  it('is forgotten once, and is not reconciled any more', async () => {
    const did: string[] = [];
    @Controller({ for: ConfigMap, name: 'remembering' })
    class Remembering extends Reconciler<ConfigMap> {
      override async reconcile(...[{ metadata }]: Parameters<Reconciler<ConfigMap>['reconcile']>): Promise<void> {
        did.push(`reconcile ${metadata.name}`);
      }
      override forget({ namespace, name }: { readonly namespace?: string | undefined; readonly name: string }): void {
        did.push(`forget ${namespace}/${name}`);
      }
    }
    const cluster = new ScriptedCluster(ConfigMap);
    cluster.put(ConfigMap, { metadata: { name: 'a' } });
    await using controller = await startController(cluster, new Remembering());
    cluster.remove(ConfigMap, 'a');
    await controller.settle();
    expect(did).toEqual(['reconcile a', 'forget default/a']);
  });

  it('is reconciled while it is being deleted only where that is asked for', async () => {
    const deleting = { name: 'a', finalizers: ['theirs'], deletionTimestamp: '2026-01-01T00:00:00Z' };
    for (const reconcileDeleting of [false, true]) {
      let runs = 0;
      const { cluster, controller } = await start([], async () => void runs++, { reconcileDeleting });
      cluster.put(ConfigMap, { metadata: deleting });
      await controller.settle();
      expect(runs).toBe(reconcileDeleting ? 1 : 0);
      await controller.runner.stop();
    }
  });
});

describe('the signal of a run', () => {
  it('aborts when the run takes longer than the timeout, which is counted and retried', async () => {
    const reasons: unknown[] = [];
    const { controller } = await start(
      ['a'],
      (_object, { signal }) =>
        new Promise<void>((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            reject(signal.reason as Error);
          }),
        ),
      { timeout: 1_000 },
    );
    await controller.settle(999);
    expect(reasons).toEqual([]);
    await controller.settle(1);
    expect(reasons).toMatchObject([{ code: 'KW_CONTROLLER_RECONCILE_TIMEOUT' }]);
    expect(controller.errors).toEqual(['KW_CONTROLLER_RECONCILE_TIMEOUT']);
    await controller.settle(5 + 1_000);
    expect(reasons).toHaveLength(2);
    await controller.runner.stop();
  });

  it('aborts when the controller stops, which waits for the run and reports nothing', async () => {
    let ended = false;
    const { controller } = await start(
      ['a'],
      (_object, { signal }) =>
        new Promise<void>((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            ended = true;
            reject(signal.reason as Error);
          }),
        ),
    );
    await controller.runner.stop();
    expect([ended, controller.errors]).toEqual([true, []]);
  });
});

describe('what a run is told', () => {
  it('are the causes, oldest first', async () => {
    const seen: string[][] = [];
    const ends: (() => void)[] = [];
    const { controller, touch } = await start(['a'], async (_object, { causes }) => {
      seen.push(causes.map(({ type }) => type));
      await new Promise<void>((resolve) => ends.push(resolve));
    });
    await touch('a');
    ends[0]?.();
    await controller.settle();
    expect(seen).toEqual([['added'], ['modified']]);
    for (const end of ends) end();
    await controller.runner.stop();
  });

  it('is an object that nobody can change: it is the cache’s', async () => {
    const { controller } = await start(['a'], async (object) => {
      Reflect.set(object.metadata, 'name', 'b');
      expect(Object.isFrozen(object.metadata)).toBe(true);
      expect(object.metadata.name).toBe('a');
    });
    expect(controller.errors).toEqual([]);
    await controller.runner.stop();
  });
});
