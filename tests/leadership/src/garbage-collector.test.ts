import { isNotFound } from '@kubewright/api';
import { Lease } from '@kubewright/api/coordination/v1';
import { ConfigMap } from '@kubewright/api/core/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { LeaderGate, connectTo, leaderElection } from '@kubewright/controller';
import { GarbageCollector } from '@kubewright/controllers';
import { Host, Readiness } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';

describe('the garbage collector of a copy that does not lead', () => {
  it('knows all objects and deletes none; it does when it leads', async () => {
    const server = await startTestApiServer();
    await using _server = { [Symbol.asyncDispose]: () => server.stop() };
    const { transport } = server;
    const client = new Client({ transport, namespace: 'default' });
    const spec = { holderIdentity: 'somebody', leaseDurationSeconds: 3600 };
    await client.create(Lease, { metadata: { name: 'program', namespace: 'default' }, spec });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'gone' }];
    await client.create(ConfigMap, { metadata: { name: 'orphan', namespace: 'default', ownerReferences } });
    const connection = {
      name: 'test',
      open: () =>
        Promise.resolve({
          transport: { send: transport.send.bind(transport), close: () => Promise.resolve() },
          namespace: 'default',
        }),
    };
    const host = new Host().use([connectTo(connection), GarbageCollector, leaderElection({ name: 'program' })]);
    await host.start();
    await using _host = { [Symbol.asyncDispose]: () => host.stop() };
    await expect.poll(async () => (await host.get(Readiness).report()).ready).toBe(true);
    await client.get(ConfigMap, { name: 'orphan' });
    expect(host.get(LeaderGate).leads).toBe(false);
    await client.delete(Lease, { name: 'program' });
    await expect
      .poll(() =>
        client.get(ConfigMap, { name: 'orphan' }).then(
          () => 'there',
          (error: unknown) => isNotFound(error),
        ),
      )
      .toBe(true);
  });
});
