import { Lease } from '@kubewright/api/coordination/v1';
import { Node } from '@kubewright/api/core/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { silentLogger } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { Client } from '@kubewright/informer';
import { expect, it } from 'vitest';
import { NodeAgent } from './node-agent.js';
import { nodeIdentity } from './node-identity.js';

const four = (heartbeat: string, transition: string): string[][] =>
  Array.from({ length: 4 }, () => [heartbeat, transition]);

it('renews its lease every 10 s and reports its status every 5 minutes, also for a node that is there already', async () => {
  const clock = new FakeClock();
  const server = await startTestApiServer({ clock });
  const client = new Client({ transport: server.transport, clock });
  const make = () =>
    new NodeAgent({ identity: nodeIdentity(0), client, version: 'v1.36.0', clock, logger: silentLogger });
  await make().register();
  const stop = new AbortController();
  const agent = make();
  await agent.register();
  const running = agent.run(stop.signal);
  const key = { name: 'node-1', namespace: 'kube-node-lease' };
  const heartbeats = async (): Promise<unknown[]> => {
    const node = await client.get(Node, { name: 'node-1' });
    return (node.status?.conditions ?? []).map(({ lastHeartbeatTime, lastTransitionTime }) => [
      lastHeartbeatTime,
      lastTransitionTime,
    ]);
  };

  await clock.advance(10_000);
  await client.list(Node);
  const { metadata, spec } = await client.get(Lease, key);
  expect(spec).toMatchObject({ holderIdentity: 'node-1', renewTime: '2026-01-01T00:00:10.000000Z' });
  expect(metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Node', name: 'node-1' });
  expect(await heartbeats()).toEqual(four('2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'));
  await client.delete(Lease, key);
  for (let beat = 0; beat < 30; beat++) {
    await clock.advance(10_000);
    await client.list(Node);
  }
  expect(await heartbeats()).toEqual(four('2026-01-01T00:05:00Z', '2026-01-01T00:00:00Z'));
  expect((await client.get(Lease, key)).spec?.renewTime).toMatch(/^2026-01-01T00:05:/);
  stop.abort();
  await running;
  await server.stop();
});
