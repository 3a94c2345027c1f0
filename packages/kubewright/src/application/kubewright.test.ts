import { ConfigMap } from '@kubewright/api/core/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { Controller, Reconciler } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { Plugin, silentLogger } from '@kubewright/core';
import type { Lifecycle, StartContext } from '@kubewright/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embedded } from '../connections/embedded.js';
import { kubewrightErrors } from '../errors/kubewright-errors.js';
import { HealthServer } from '../health/health-server.js';
import { Kubewright } from './kubewright.js';

@Controller({ for: ConfigMap })
class CopyController extends Reconciler<ConfigMap> {
  override async reconcile(source: ConfigMap, ctx: ReconcileContext<ConfigMap>): Promise<void> {
    const { name = '', namespace = '' } = source.metadata;
    if (source.data?.['copy'] !== 'yes') return;
    await ctx.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${name}-copy`, namespace },
      data: { of: name },
    });
  }
}

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start({ nodes: 0 });
});
afterAll(() => cluster.stop());

const program = (): Kubewright => new Kubewright({ logger: silentLogger, signals: false });

describe('Kubewright', () => {
  it('runs controllers on the cluster that it is connected to', async () => {
    await using app = await program().connect(cluster.connection()).use(CopyController).start();
    await cluster.client.create(ConfigMap, { metadata: { name: 'one' }, data: { copy: 'yes' } });
    await cluster.eventually(async () => {
      expect((await cluster.client.get(ConfigMap, { name: 'one-copy' })).data).toEqual({ of: 'one' });
    });
    expect(app.get(CopyController)).toBeInstanceOf(CopyController);
  });

  it('answers probes where asked to', async () => {
    const app = new Kubewright({ logger: silentLogger, signals: false, health: { port: 0, host: '127.0.0.1' } });
    await using _running = await app.connect(cluster.connection()).use(CopyController).start();
    const response = await fetch(`http://127.0.0.1:${app.get(HealthServer).port}/readyz`);
    expect([response.status, await response.text()]).toEqual([
      200,
      '[+]kubewright ok\n[+]custom-resources ok\n[+]controllers ok\n',
    ]);
  });

  it('brings a cluster of its own', async () => {
    const app = await program()
      .connect(embedded({ nodes: 0 }))
      .use(CopyController)
      .start();
    await app.stop();
    await expect(app.closed).resolves.toBeUndefined();
  });

  it('wants to know which cluster, and only one', async () => {
    await expect(program().use(CopyController).start()).rejects.toSatisfy(kubewrightErrors.NOT_CONNECTED.is);
    expect(() => program().connect(cluster.connection()).connect(embedded())).toThrow(
      "connect('embedded') comes after connect('test')",
    );
  });

  it('tells before the start what does not fit together', async () => {
    const start = program()
      .connect(cluster.connection())
      .use({ name: 'needy', requires: ['nobody'] })
      .start();
    await expect(start).rejects.toThrow(/needy.*nobody/s);
  });

  it('stops when a part of it fails, and says so', async () => {
    let fail: StartContext['fail'] = () => undefined;
    @Plugin({ name: 'fragile' })
    class Fragile implements Lifecycle {
      async start(context: StartContext): Promise<void> {
        ({ fail } = context);
      }
    }
    const app = await program().connect(cluster.connection()).use(Fragile).start();
    fail(new Error('broken'));
    await expect(app.closed).rejects.toThrow(/'fragile' failed while running: broken/);
    expect(process.exitCode).toBe(1);
    process.exitCode = undefined;
  });
});
