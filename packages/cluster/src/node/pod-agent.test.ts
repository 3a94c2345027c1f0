import { Pod } from '@kubewright/api/core/v1';
import { silentLogger } from '@kubewright/core';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { Client, InformerFactory } from '@kubewright/informer';
import { ScriptedApiServer } from '@kubewright/informer/testing';
import { expect, it } from 'vitest';
import { nodeIdentity } from './node-identity.js';
import { PodAgent } from './pod-agent.js';

it('leaves nothing that goes on asking the server when its start is given up', async () => {
  const transport = new ScriptedApiServer(Pod);
  transport.fault('watch-list', ...Array.from({ length: 9 }, () => ({ kind: 'hang' as const })));
  const clock = new FakeClock();
  const client = new Client({ transport, clock });
  const informers = new InformerFactory({ client, clock, random: new SeededRandom() });
  const nodes = [{ identity: nodeIdentity(0), client }];
  const agent = new PodAgent({ nodes, pods: informers.informer(Pod), clock, logger: silentLogger });
  const stop = new AbortController();
  const starting = agent.start(stop.signal);
  await clock.advance(0);
  stop.abort(new Error('stopped'));
  await expect(starting).rejects.toThrow('stopped');
  const asked = transport.requests.length;
  expect(asked).toBeGreaterThan(0);
  await clock.advance(600_000);
  expect([transport.requests.length, transport.watchers, clock.timers]).toEqual([asked, 0, 0]);
});
