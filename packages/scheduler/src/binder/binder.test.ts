import { Pod } from '@kubewright/api/core/v1';
import { silentLogger } from '@kubewright/core';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { Client, InformerFactory } from '@kubewright/informer';
import { ScriptedApiServer } from '@kubewright/informer/testing';
import { describe, expect, it } from 'vitest';
import { Binder } from './binder.js';

/** A server that takes requests and never answers them, and what a part of a cluster needs to ask it. */
function stuckCluster() {
  const transport = new ScriptedApiServer(Pod);
  transport.fault('watch-list', ...Array.from({ length: 9 }, () => ({ kind: 'hang' as const })));
  const [clock, random] = [new FakeClock(), new SeededRandom()];
  const client = new Client({ transport, clock });
  const informers = new InformerFactory({ client, clock, random });
  const cluster = { name: 'stuck', namespace: 'default', transport, informers, client: () => client };
  return { transport, clock, random, client, informers, cluster };
}

async function expectSilence({ transport, clock }: ReturnType<typeof stuckCluster>): Promise<void> {
  const asked = transport.requests.length;
  expect(asked).toBeGreaterThan(0);
  await clock.advance(600_000);
  expect([transport.requests.length, transport.watchers, clock.timers]).toEqual([asked, 0, 0]);
}

describe('a start that is given up leaves nothing that goes on asking the server', () => {
  it('of the binder', async () => {
    const stuck = stuckCluster();
    const { cluster, transport, clock, random } = stuck;
    const connection = { name: 'stuck', open: () => Promise.resolve({ transport, namespace: 'default' }) };
    const binder = new Binder(cluster, connection, clock, random, silentLogger);
    const stop = new AbortController();
    const starting = binder.start({ signal: stop.signal, fail: () => undefined });
    await clock.advance(0);
    stop.abort(new Error('stopped'));
    await expect(starting).rejects.toThrow('stopped');
    await expectSilence(stuck);
  });
});
