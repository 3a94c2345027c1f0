import { fileURLToPath } from 'node:url';
import { Lease } from '@kubewright/api/coordination/v1';
import { compareResourceVersion } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { SystemClock } from '@kubewright/core';
import { SeededRandom } from '@kubewright/core/testing';
import { Client } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { startProgram } from './program.js';
import { startReplicas } from './replicas.js';
import { openPort } from './watched-port.js';
import { Website, websiteSpec } from './website.js';
import { judge } from './write-order.js';

const stubborn = fileURLToPath(new URL('../dist/programs/stubborn-leader.js', import.meta.url));

describe('invariant 13: a leader that is stopped for longer than its Lease and goes on', { timeout: 60_000 }, () => {
  it('has written nothing after another took the Lease, even if its runs ignore their signal', async () => {
    const server = await startTestApiServer();
    await using _server = { [Symbol.asyncDispose]: () => server.stop() };
    await using firstPort = await openPort(server.transport);
    await using secondPort = await openPort(server.transport);
    const client = new Client({ transport: server.transport, namespace: 'default' });
    await client.create(ConfigMap, { metadata: { name: 'work', namespace: 'default' } });
    await using first = startProgram(stubborn, [firstPort.url, 'first']);
    await first.says('wrote');
    await using second = startProgram(stubborn, [secondPort.url, 'second']);
    first.kill('SIGSTOP');
    let taken = '';
    for await (const { object } of client.watch(Lease, {
      namespace: 'default',
      fieldSelector: 'metadata.name=program',
    })) {
      taken = object.metadata.resourceVersion ?? '';
      if (object.spec?.holderIdentity === 'second') break;
    }
    await second.says('wrote');
    first.kill('SIGCONT');
    await first.says('refused');
    const { items } = await client.list(ConfigMap, { namespace: 'default', labelSelector: 'writer=first' });
    expect(items.length).toBeGreaterThan(0);
    const late = items.filter(({ metadata }) => compareResourceVersion(metadata.resourceVersion ?? '', taken) > 0);
    expect(late.map(({ metadata }) => metadata.name)).toEqual([]);
  });
});

/** Each takes about six seconds, half of them the lease. */
const rounds = Number(process.env['KUBEWRIGHT_LEADERSHIP_ROUNDS'] ?? 3);
const leaseSeconds = 3;
const sites = 10;

/** Changes websites one after the other until it is disposed of, so that whoever leads always writes. */
function keepBusy(client: Client, clock: SystemClock): AsyncDisposable {
  const stop = new AbortController();
  const work = async (): Promise<void> => {
    for (let count = 0; !stop.signal.aborted; count++) {
      const patch = { spec: { replicas: 1 + (Math.floor(count / sites) % 50) } };
      await client.patch(Website, { name: `site-${count % sites}` }, { type: 'merge', patch });
      await clock.sleep(20);
    }
  };
  const finished = work();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await finished;
    },
  };
}

describe(`the website operator, ${rounds} times`, { timeout: 60_000 + rounds * 15_000 }, () => {
  it('writes nothing that the server takes after another copy began to lead', async () => {
    const clock = new SystemClock();
    const random = new SeededRandom(rounds);
    await using replicas = await startReplicas(leaseSeconds);
    const { client } = replicas;
    const alive = () => replicas.all.filter(({ program }) => !program.hasExited);
    // Three, so that the Lease is taken at once whoever goes; a busy machine may cost another copy its Lease, too.
    const refill = async (): Promise<void> => {
      while (alive().length < 3) {
        const { program, untilReady } = await replicas.start();
        await untilReady().catch((error: unknown) => {
          if (!program.lines.some((line) => line.includes('LEASE_LOST'))) throw error;
        });
      }
    };
    await refill();
    for (let count = 0; count < sites; count++)
      await client.create(Website, { metadata: { name: `site-${count}`, namespace: 'default' }, spec: websiteSpec });
    await using _load = keepBusy(client, clock);
    for (let round = 0; round < rounds;) {
      await refill();
      const name = await replicas.untilOther('');
      const old = alive().find((replica) => replica.name === name);
      await clock.sleep(random.next() * 300);
      if (old === undefined) continue;
      old.program.kill('SIGSTOP');
      const next = await replicas.untilOther(name);
      const successor = replicas.all.find((replica) => replica.name === next);
      const writes = (): number => successor?.port.writes.filter(({ holder }) => holder === undefined).length ?? 0;
      const before = writes();
      await expect.poll(writes, { interval: 20 }).toBeGreaterThan(before + 3);
      old.program.kill('SIGCONT');
      expect(await old.program.exited).toBe(1);
      expect(old.program.lines.join('\n')).toContain('KW_CONTROLLER_LEASE_LOST');
      round++;
    }
    const { terms, written, late } = judge(replicas.all.map(({ name, port }) => ({ name, writes: port.writes })));
    expect(late).toEqual([]);
    expect(terms.length).toBeGreaterThan(rounds);
    expect(written).toBeGreaterThan(rounds * 10);
    if (rounds > 3) process.stdout.write(`${terms.length} terms, ${written} writes of leaders, ${late.length} late\n`);
  });
});
