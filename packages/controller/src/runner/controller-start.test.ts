import { statusErrors } from '@kubewright/api';
import { ConfigMap, Secret } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import type { ControllerOptions } from '../decorators/controller.js';
import { Reconciler } from '../reconcile/reconciler.js';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { reconcilerOf, startController } from '../testing/scripted-controller.js';

const forbidden = (): never => {
  throw statusErrors.forbidden({ group: '', resource: 'secrets' }, '', 'no right to list');
};

async function start(
  reconcile: () => unknown,
  prepare: (cluster: ScriptedCluster) => unknown = () => undefined,
  options: Omit<ControllerOptions, 'for' | 'name'> = { owns: [Secret] },
) {
  const cluster = new ScriptedCluster(ConfigMap, Secret);
  cluster.put(ConfigMap, { metadata: { name: 'a' } });
  prepare(cluster);
  const Tested = reconcilerOf<ConfigMap>({ for: ConfigMap, ...options }, async () => reconcile());
  return { cluster, controller: await startController(cluster, new Tested()) };
}

describe('a controller whose informer meets with an error', () => {
  it('has started all the same, names the kind and the error, and runs as soon as it can', async () => {
    let runs = 0;
    const { controller } = await start(
      () => void runs++,
      (cluster) => cluster.once('GET', /secrets$/, forbidden),
    );
    expect(runs).toBe(0);
    expect(controller.runner.waitingFor).toMatch(
      /controller tested waits for the informer of Secret: .*no right to list/,
    );
    await controller.settle(60_000);
    expect([controller.runner.waitingFor, runs]).toEqual([undefined, 1]);
    await controller.runner.stop();
  });

  it('can be stopped while it waits, and runs nothing', async () => {
    let runs = 0;
    const { controller } = await start(
      () => void runs++,
      (cluster) => cluster.once('GET', /secrets$/, forbidden),
    );
    await controller.runner.stop();
    await controller.settle(60_000);
    expect([runs, controller.errors]).toEqual([0, []]);
  });
});

describe('a controller that has stopped', () => {
  it('runs nothing more, whatever happens', async () => {
    let runs = 0;
    const { cluster, controller } = await start(() => void runs++);
    await controller.runner.stop();
    cluster.put(ConfigMap, { metadata: { name: 'b' } });
    await controller.settle(60_000);
    expect(runs).toBe(1);
  });

  it('leaves keys that waited for their backoff undone', async () => {
    let runs = 0;
    const { controller } = await start(() => {
      runs++;
      throw new Error('no');
    });
    await controller.runner.stop();
    const before = runs;
    await controller.settle(1_000_000);
    expect(runs).toBe(before);
  });
});

describe('the options of a controller', () => {
  it.each<[Omit<ControllerOptions, 'for' | 'name'>, string]>([
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: 1.5 }, 'concurrency'],
    [{ concurrency: Number.NaN }, 'concurrency'],
    [{ timeout: 0 }, 'timeout'],
    [{ timeout: Number.POSITIVE_INFINITY }, 'timeout'],
  ])('%o are refused by name', async (options, option) => {
    await expect(start(() => undefined, undefined, options)).rejects.toMatchObject({
      code: 'KW_CONTROLLER_OPTION_INVALID',
      details: { controller: 'tested', option },
    });
  });

  it('of a class that is none are an error that says what to do', async () => {
    class Plain extends Reconciler<ConfigMap> {
      override reconcile = (): Promise<void> => Promise.resolve();
    }
    await expect(startController(new ScriptedCluster(ConfigMap), new Plain())).rejects.toMatchObject({
      code: 'KW_CONTROLLER_NOT_A_CONTROLLER',
    });
  });
});

describe('the metrics of a controller', () => {
  it('have the series that dashboards look for', async () => {
    const { controller } = await start(() => undefined);
    const values = new Map(
      controller.metrics
        .collect()
        .map(({ name, samples }) => [name, samples.reduce((sum, { value }) => sum + value, 0)] as const),
    );
    expect(values.get('controller_runtime_reconcile_total')).toBe(1);
    expect(values.get('controller_runtime_active_workers')).toBe(0);
    expect(values.get('controller_runtime_max_concurrent_reconciles')).toBe(8);
    await controller.runner.stop();
  });
});
