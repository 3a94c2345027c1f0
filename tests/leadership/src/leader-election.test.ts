import { Lease } from '@kubewright/api/coordination/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { ConfigMap } from '@kubewright/api/core/v1';
import { Cluster, LeaderGate, WriteFence, connectTo, controllerErrors, leaderElection } from '@kubewright/controller';
import { Clock, Host, Readiness, provide } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { Client } from '@kubewright/informer';
import type { ApiRequest, Transport } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';

/** Whose timers stand still while the process does: only the time itself goes on. */
class StoppableClock extends FakeClock {
  #stopped = 0;

  override monotonic(): number {
    return super.monotonic() + this.#stopped;
  }

  stopFor(milliseconds: number): void {
    this.#stopped += milliseconds;
  }
}

/** Copies of a program, on one server and under one clock. */
async function startServer() {
  const server = await startTestApiServer();
  const clock = new StoppableClock();
  const client = new Client({ transport: server.transport, namespace: 'default' });
  const holder = async () => (await client.get(Lease, { name: 'program' })).spec?.holderIdentity;
  const copy = (identity: string) => {
    let isCut = false;
    let late = 0;
    const writes: string[] = [];
    const transport: Transport = {
      send: async (request: ApiRequest, signal) => {
        if (isCut) throw new Error('the network is gone');
        if (request.method !== 'GET') writes.push(`${request.method} ${request.path.split('?')[0]}`);
        const answer = await server.transport.send(request, signal);
        if (request.method === 'PUT') clock.stopFor(late);
        if (request.method === 'PUT') late = 0;
        return answer;
      },
      close: () => Promise.resolve(),
    };
    const connection = { name: 'test', open: () => Promise.resolve({ transport, namespace: 'default' }) };
    const host = new Host({ name: identity })
      .use({ name: 'clock', provides: [provide(Clock, { value: clock })] })
      .use(connectTo(connection))
      .use(leaderElection({ name: 'program', identity }));
    const leads = (): boolean => host.get(LeaderGate).leads;
    return {
      host,
      writes,
      leads,
      /** Starts it and resolves when it leads. */
      lead: async (): Promise<void> => {
        await host.start();
        await host.get(LeaderGate).lead(new AbortController().signal);
      },
      cut: () => (isCut = true),
      /** The answer to the next renewal is seen so many milliseconds after it came, as by a process that was stopped. */
      answerLate: (milliseconds: number) => (late = milliseconds),
    };
  };
  /** Time passes in small steps, so that requests get their answers in between. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 500) {
      await clock.advance(500);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { client, clock, copy, holder, pass, [Symbol.asyncDispose]: () => server.stop() };
}

describe('leader election', () => {
  it('lets one copy lead, and the next when that has stopped; both run', async () => {
    await using server = await startServer();
    const [first, second] = [server.copy('first'), server.copy('second')];
    await first.lead();
    await second.host.start();
    await server.pass(30_000);
    expect([await server.holder(), first.leads(), second.leads()]).toEqual(['first', true, false]);
    expect((await second.host.get(Readiness).report()).ready).toBe(true);
    await first.host.stop();
    await server.pass(3_000);
    expect([await server.holder(), second.leads()]).toEqual(['second', true]);
    await second.host.stop();
  });

  it('stops a copy that cannot renew before another takes over, and ends its work first', async () => {
    await using server = await startServer();
    const [first, second] = [server.copy('first'), server.copy('second')];
    await first.lead();
    const ended = first.host.closed.catch((error: unknown) => error);
    const term = await first.host.get(LeaderGate).lead(new AbortController().signal);
    await second.host.start();
    await server.pass(4_000);
    first.cut();
    await server.pass(10_000);
    expect(term.aborted).toBe(true);
    expect(await ended).toMatchObject({ cause: { code: controllerErrors.LEASE_LOST.code } });
    expect([await server.holder(), second.leads()]).toEqual(['first', false]);
    await server.pass(9_000);
    expect([await server.holder(), second.leads()]).toEqual(['second', true]);
    await second.host.stop();
  });

  it('is not ready where it cannot read the Lease, and says why', async () => {
    await using server = await startServer();
    const [first, second] = [server.copy('first'), server.copy('second')];
    await first.lead();
    second.cut();
    await second.host.start();
    await server.pass(1_000);
    const { ready, checks } = await second.host.get(Readiness).report();
    expect([ready, checks.find(({ ok }) => !ok)]).toEqual([
      false,
      {
        name: 'leader-election',
        ok: false,
        reason: 'the Lease program could not be read or written: the network is gone',
      },
    ]);
    await Promise.all([first.host.stop(), second.host.stop()]);
  });

  it('goes on after a renewal whose answer came late, as the Lease is its own', async () => {
    await using server = await startServer();
    const { host, lead, answerLate, writes } = server.copy('first');
    await lead();
    const { resourceVersion } = (await server.client.get(Lease, { name: 'program' })).metadata;
    answerLate(22_000);
    await server.pass(2_500);
    // Renewed again at once, since the late answer says nothing of the present.
    expect(writes.filter((write) => write.startsWith('PUT'))).toHaveLength(2);
    await server.pass(60_000);
    expect([host.state, await server.holder()]).toEqual(['running', 'first']);
    expect((await server.client.get(Lease, { name: 'program' })).metadata.resourceVersion).not.toBe(resourceVersion);
    expect(() => host.get(WriteFence).enter()).not.toThrow();
    await host.stop();
  });

  it.each(['nobody', 'another', 'another, that gave it back,'])(
    'writes nothing after it was stopped for longer than the Lease, which %s has taken',
    async (taker) => {
      await using server = await startServer();
      const { host, lead, writes } = server.copy('first');
      await lead();
      const ended = host.closed.catch((error: unknown) => error);
      const client = host.get(Cluster).client({ name: 'controller' });
      const create = (name: string) => client.create(ConfigMap, { metadata: { name, namespace: 'default' } });
      await create('before');
      server.clock.stopFor(24_000);
      const before = writes.length;
      await expect(create('after')).rejects.toMatchObject({ code: controllerErrors.NOT_LEADING.code });
      expect(writes.slice(before)).toEqual([]);
      if (taker !== 'nobody') {
        const { spec: held = {}, ...lease } = await server.client.get(Lease, { name: 'program' });
        const { holderIdentity: _, ...spec } = held;
        const isKept = taker === 'another';
        await server.client.update(Lease, { ...lease, spec: isKept ? { ...spec, holderIdentity: 'second' } : spec });
      }
      await server.pass(3_000);
      if (taker === 'nobody') {
        await create('later');
        await host.stop();
      } else {
        expect(await ended).toMatchObject({ cause: { code: controllerErrors.LEASE_LOST.code } });
      }
    },
  );

  it('does not take the Lease of a copy with the same identity that is alive', async () => {
    await using server = await startServer();
    const [first, second] = [server.copy('same'), server.copy('same')];
    await first.lead();
    await second.host.start();
    await server.pass(30_000);
    expect(second.leads()).toBe(false);
    await first.host.stop();
    await server.pass(3_000);
    expect(second.leads()).toBe(true);
    await second.host.stop();
  });

  it('takes a Lease after an hour whose holder is gone, whatever duration that had written', async () => {
    await using server = await startServer();
    await server.client.create(Lease, {
      metadata: { name: 'program', namespace: 'default' },
      spec: {
        holderIdentity: 'gone',
        leaseDurationSeconds: 2 ** 31 - 1,
        leaseTransitions: 2 ** 31 - 1,
        renewTime: '2199-01-01T00:00:00.000000Z',
      },
    });
    const { host, leads } = server.copy('next');
    await host.start();
    await server.pass(4_000);
    expect(leads()).toBe(false);
    server.clock.stopFor(60 * 60_000);
    await server.pass(4_000);
    expect(await server.holder()).toBe('next');
    await host.stop();
  });
});
