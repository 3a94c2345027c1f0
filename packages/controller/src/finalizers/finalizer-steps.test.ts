import { statusErrors } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { Controller } from '../decorators/controller.js';
import { Finalizer } from '../decorators/finalizer.js';
import { Reconciler } from '../reconcile/reconciler.js';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { startController } from '../testing/scripted-controller.js';

/** What was done about an object, in order. */
let did: string[] = [];
let fails = false;

@Controller({ for: ConfigMap, name: 'holder' })
class Holder extends Reconciler<ConfigMap> {
  override async reconcile({ metadata }: DeepReadonly<ConfigMap>): Promise<void> {
    did.push(`reconcile with ${metadata.finalizers?.join(' ')}`);
  }

  @Finalizer('x/first')
  async releaseFirst({ metadata }: DeepReadonly<ConfigMap>): Promise<void> {
    did.push(`first with ${metadata.finalizers?.join(' ')}`);
    if (fails) throw new Error('the storage is away');
  }

  @Finalizer('x/second')
  async releaseSecond({ metadata }: DeepReadonly<ConfigMap>): Promise<void> {
    did.push(`second with ${metadata.finalizers?.join(' ')}`);
  }
}

async function start(finalizers: string[] = []) {
  did = [];
  fails = false;
  const cluster = new ScriptedCluster(ConfigMap);
  cluster.put(ConfigMap, { metadata: { name: 'a', finalizers } });
  const controller = await startController(cluster, new Holder());
  const remove = async (): Promise<void> => {
    await controller.client.delete(ConfigMap, { name: 'a' });
    await controller.settle();
  };
  return { cluster, controller, remove };
}

describe('a reconciler with finalizers', () => {
  it('is not asked to reconcile before all of them are on the object', async () => {
    const { controller } = await start(['theirs']);
    expect(did).toEqual(['reconcile with theirs x/first x/second']);
    await controller.runner.stop();
  });

  it('runs the methods in the order of the class, each before its finalizer goes, and reconciles no more', async () => {
    const { cluster, controller, remove } = await start(['theirs']);
    did = [];
    await remove();
    expect(did).toEqual(['first with theirs x/first x/second', 'second with theirs x/second']);
    expect(cluster.get(ConfigMap, 'a')?.metadata.finalizers).toEqual(['theirs']);
    await controller.runner.stop();
  });

  it('keeps the object while a method fails, and calls it again', async () => {
    const { cluster, controller, remove } = await start();
    did = [];
    fails = true;
    await remove();
    expect(cluster.get(ConfigMap, 'a')?.metadata.finalizers).toEqual(['x/first', 'x/second']);
    expect(did.length).toBeGreaterThan(0);
    fails = false;
    await controller.settle(1_000);
    expect(cluster.get(ConfigMap, 'a')).toBeUndefined();
    await controller.runner.stop();
  });

  it('tries anew where the object changes while a method runs, without reporting an error', async () => {
    const { cluster, controller, remove } = await start();
    cluster.once('PATCH', /configmaps\/a$/, () => {
      throw statusErrors.conflict({ group: '', resource: 'configmaps' }, 'a', 'it was modified');
    });
    await remove();
    await controller.settle(1_000);
    expect(cluster.get(ConfigMap, 'a')).toBeUndefined();
    expect(controller.errors).toEqual([]);
    await controller.runner.stop();
  });

  it('puts none on an object that is being deleted already', async () => {
    did = [];
    const cluster = new ScriptedCluster(ConfigMap);
    const metadata = { name: 'a', finalizers: ['theirs'], deletionTimestamp: '2026-01-01T00:00:00Z' };
    cluster.put(ConfigMap, { metadata });
    await using _controller = await startController(cluster, new Holder());
    expect([did, cluster.writes]).toEqual([[], []]);
  });
});
