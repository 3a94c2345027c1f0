import { CustomResourceDefinition } from '@kubewright/api/apiextensions/v1';
import { Lease } from '@kubewright/api/coordination/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import {
  Controller,
  CustomObject,
  CustomResource,
  LeaderGate,
  Reconciler,
  connectTo,
  controllerHost,
  kindOf,
  leaderElection,
} from '@kubewright/controller';
import { Host, Readiness } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';

@CustomResource({ group: 'things.example.com', version: 'v1', kind: 'Thing' })
class Thing extends CustomObject {}

@CustomResource({ group: 'things.example.com', version: 'v1', kind: 'Taken', plural: 'takens' })
class Taken extends CustomObject {}

const reconciled: string[] = [];

@Controller({ for: Thing })
class ThingController extends Reconciler<Thing> {
  override reconcile(...[{ metadata }]: Parameters<Reconciler<Thing>['reconcile']>): Promise<void> {
    reconciled.push(metadata.name ?? '');
    return Promise.resolve();
  }
}

@Controller({ for: Taken })
class TakenController extends Reconciler<Taken> {
  override reconcile(): Promise<void> {
    return Promise.resolve();
  }
}

async function startServer() {
  const server = await startTestApiServer();
  const client = new Client({ transport: server.transport, namespace: 'default' });
  const { transport } = server;
  const connection = {
    name: 'test',
    open: () =>
      Promise.resolve({
        transport: { send: transport.send.bind(transport), close: () => Promise.resolve() },
        namespace: 'default',
      }),
  };
  const copy = (name: string, ...plugins: PluginLike[]): Host =>
    new Host({ name }).use([connectTo(connection), controllerHost, ...plugins]);
  return { client, copy, [Symbol.asyncDispose]: () => server.stop() };
}

describe('the definitions of custom resources', () => {
  it('are installed by copies that start at once, and by one that does not lead', async () => {
    await using server = await startServer();
    const spec = { holderIdentity: 'somebody', leaseDurationSeconds: 3600 };
    await server.client.create(Lease, { metadata: { name: 'program', namespace: 'default' }, spec });
    const copies = ['a', 'b', 'c'].map((name) =>
      server.copy(name, ThingController, leaderElection({ name: 'program' })),
    );
    await Promise.all(copies.map((copy) => copy.start()));
    for (const copy of copies) {
      expect(await copy.get(Readiness).report()).toMatchObject({ ready: true });
      expect(copy.get(LeaderGate).leads).toBe(false);
    }
    await server.client.create(kindOf(Thing), { metadata: { name: 'unseen', namespace: 'default' }, spec: {} });
    await Promise.all(copies.map((copy) => copy.stop()));
    expect(reconciled).not.toContain('unseen');
  });

  it('that the server does not take up hold up their own controllers alone, and readiness names them', async () => {
    await using server = await startServer();
    await server.client.create(CustomResourceDefinition, {
      metadata: { name: 'others.things.example.com' },
      spec: {
        group: 'things.example.com',
        scope: 'Namespaced',
        names: { kind: 'Taken', plural: 'others', singular: 'other', listKind: 'OtherList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    const host = server.copy('a', TakenController, ThingController);
    await host.start();
    await server.client.create(kindOf(Thing), { metadata: { name: 'seen', namespace: 'default' }, spec: {} });
    await expect.poll(() => reconciled).toContain('seen');
    const { ready, checks } = await host.get(Readiness).report();
    expect(ready).toBe(false);
    const reasons = checks.map((check) => (check.ok ? '' : check.reason)).join('\n');
    expect(reasons).toMatch(/the CustomResourceDefinition takens.things.example.com was not established: .*Taken/);
    expect(reasons).toMatch(/controller taken waits for the informer of Taken: /);
    await host.stop();
  });
});
