import { ConfigMap as Parent, Secret as Child } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { requeueAfter } from '../reconcile/outcome.js';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { reconcilerOf, startController } from '../testing/scripted-controller.js';
import type { Reconcile } from '../testing/scripted-controller.js';

/** A controller of ConfigMaps that own Secrets, whose cache of a kind can be held back. */
async function start(reconcile: Reconcile<Parent>, reconcileDeleting = false) {
  const cluster = new ScriptedCluster(Parent, Child);
  const Reconciler = reconcilerOf({ for: Parent, owns: [Child], reconcileDeleting }, reconcile);
  const controller = await startController(cluster, new Reconciler());
  const wake = async (data: string, milliseconds = 0): Promise<void> => {
    cluster.put(Parent, { metadata: { name: 'a', annotations: { data } } });
    await controller.settle(milliseconds);
  };
  return { cluster, controller, wake };
}

const staleReads = ({ metrics }: Awaited<ReturnType<typeof startController>>): number =>
  metrics
    .collect()
    .filter(({ name }) => name === 'kubewright_stale_read_fallbacks_total')
    .flatMap(({ samples }) => samples)
    .reduce((sum, { value }) => sum + value, 0);

describe('invariant 5: read your writes', () => {
  it('a run waits until the cache shows the child that the run before made', async () => {
    const seen: number[] = [];
    const { cluster, controller, wake } = await start(async (_object, ctx) => {
      seen.push(ctx.children(Child).length);
      if (seen.length === 1) await ctx.create(Child, { metadata: { name: 'child', namespace: 'default' } });
    });
    const show = cluster.hold(Child);
    await wake('1');
    await wake('2', 1_000);
    expect(seen).toEqual([0]);
    show();
    await controller.settle();
    expect(seen.slice(0, 2)).toEqual([0, 1]);
    expect(staleReads(controller)).toBe(0);
    await controller.runner.stop();
  });

  it('a run sees its own change of the reconciled object', async () => {
    const seen: (string | undefined)[] = [];
    let show = (): void => undefined;
    const { cluster, controller } = await start(async (object, ctx) => {
      seen.push(object.data?.['step']);
      if (seen.length > 1) return undefined;
      show = cluster.hold(Parent);
      await ctx.patch(Parent, object, { data: { step: 'one' } });
      return requeueAfter(10);
    });
    cluster.put(Parent, { metadata: { name: 'a' } });
    await controller.settle(1_000);
    expect(seen).toEqual([undefined]);
    show();
    await controller.settle();
    expect(new Set(seen.slice(1))).toEqual(new Set(['one']));
    await controller.runner.stop();
  });

  it('a run does not see a child that the run before deleted', async () => {
    const seen: string[][] = [];
    const { cluster, controller, wake } = await start(async (_object, ctx) => {
      const children = ctx.children(Child);
      seen.push(children.map(({ metadata }) => metadata.name ?? ''));
      if (seen.length === 1) await ctx.create(Child, { metadata: { name: 'child', namespace: 'default' } });
      if (seen.length === 2) for (const child of children) await ctx.delete(Child, child);
    });
    await wake('1');
    expect(cluster.all(Child)).toEqual([]);
    expect(seen.slice(0, 3)).toEqual([[], ['child'], []]);
    await controller.runner.stop();
  });

  it('waits for a delete that the cache does not show, which finalizers do not hold up', async () => {
    let runs = 0;
    const { cluster, controller, wake } = await start(async (_object, ctx) => {
      runs++;
      if (runs === 1)
        await ctx.delete(Child, cluster.get(Child, 'child') ?? { metadata: {}, apiVersion: '', kind: '' });
    });
    cluster.put(Child, { metadata: { name: 'child' } });
    await controller.settle();
    const show = cluster.hold(Child);
    await wake('1');
    await wake('2', 100);
    expect(runs).toBe(1);
    show();
    await controller.settle();
    expect(runs).toBe(2);
    await controller.runner.stop();
  });

  it('reads the object live when the cache does not catch up within 5 s, and counts it', async () => {
    const seen: (string | undefined)[] = [];
    const { cluster, controller, wake } = await start(async (object, ctx) => {
      seen.push(object.metadata.annotations?.['data']);
      if (seen.length === 1) await ctx.create(Child, { metadata: { name: 'child', namespace: 'default' } });
    });
    cluster.hold(Child);
    await wake('1');
    await wake('2', 4_999);
    expect(seen).toEqual(['1']);
    await controller.settle(1);
    expect(seen).toEqual(['1', '2']);
    expect(staleReads(controller)).toBe(1);
    expect(cluster.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
    await controller.runner.stop();
  });

  it('holds up no other key', async () => {
    const seen: string[] = [];
    const { cluster, controller, wake } = await start(async (object, ctx) => {
      seen.push(object.metadata.name ?? '');
      const isFirst = seen.length === 1;
      if (isFirst) await ctx.create(Child, { metadata: { name: 'child', namespace: 'default' } });
    });
    cluster.hold(Child);
    await wake('1');
    await wake('2');
    cluster.put(Parent, { metadata: { name: 'b' } });
    await controller.settle();
    expect(seen).toEqual(['a', 'b']);
    await controller.runner.stop();
  });

  it('a stop ends the wait', async () => {
    const { cluster, controller, wake } = await start((_object, ctx) =>
      ctx.create(Child, { metadata: { generateName: 'child-', namespace: 'default' } }).then(() => undefined),
    );
    cluster.hold(Child);
    await wake('1');
    await wake('2');
    await controller.runner.stop();
    expect(cluster.all(Child)).toHaveLength(1);
  });

  it('what waits for a write of a key is forgotten with its object', async () => {
    let runs = 0;
    const { cluster, controller, wake } = await start(async (_object, ctx) => {
      runs++;
      await ctx.create(Child, { metadata: { generateName: 'child-', namespace: 'default' } });
    });
    const show = cluster.hold(Child);
    await wake('1');
    cluster.remove(Parent, 'a');
    show();
    await controller.settle();
    const before = runs;
    await wake('3');
    expect(runs).toBeGreaterThan(before);
    await controller.runner.stop();
  });

  it('of several writes to one object waits for the newest', async () => {
    const seen: (string | undefined)[] = [];
    let show = (): void => undefined;
    const { cluster, controller } = await start(async (object, ctx) => {
      seen.push(object.data?.['step']);
      if (seen.length > 1) return undefined;
      await ctx.patch(Parent, object, { data: { step: 'one' } });
      show = cluster.hold(Parent);
      await ctx.patch(Parent, object, { data: { step: 'two' } });
      return requeueAfter(10);
    });
    cluster.put(Parent, { metadata: { name: 'a' } });
    await controller.settle(1_000);
    expect(seen).toEqual([undefined]);
    show();
    await controller.settle();
    expect(new Set(seen.slice(1))).toEqual(new Set(['two']));
    await controller.runner.stop();
  });

  it('does not wait for a child that another has replaced meanwhile', async () => {
    let runs = 0;
    const { cluster, controller, wake } = await start(async (_object, ctx) => {
      if (++runs === 1) await ctx.create(Child, { metadata: { name: 'child', namespace: 'default' } });
    });
    const show = cluster.hold(Child);
    await wake('1');
    cluster.remove(Child, 'child');
    cluster.put(Child, { metadata: { name: 'child' } });
    show();
    await wake('2');
    expect(runs).toBeGreaterThan(1);
    expect(staleReads(controller)).toBe(0);
    await controller.runner.stop();
  });

  it('sees the finalizer that it has put on, and that it has taken off', async () => {
    const seen: (readonly string[] | undefined)[] = [];
    const { controller, wake } = await start(async (object, ctx) => {
      const { finalizers } = object.metadata;
      seen.push(finalizers);
      if (seen.length === 1) await ctx.addFinalizer(Parent, object, 'x/hold');
      else if (seen.length === 2) await ctx.removeFinalizer(Parent, object, 'x/hold');
    });
    await wake('1');
    expect(seen.slice(0, 3)).toEqual([undefined, ['x/hold'], []]);
    await controller.runner.stop();
  });
});
