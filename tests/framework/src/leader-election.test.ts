import { Lease } from '@kubewright/api/coordination/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { connectTo, controllerErrors, leaderElection } from '@kubewright/controller';
import { Clock, Host, provide } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { Client } from '@kubewright/informer';
import type { ApiRequest, Transport } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';

/** Copies of a program, on one server and under one clock. */
async function startServer() {
  const server = await startTestApiServer();
  const clock = new FakeClock();
  const client = new Client({ transport: server.transport, namespace: 'default' });
  const holder = async () => (await client.get(Lease, { name: 'program' })).spec?.holderIdentity;
  const copy = (identity: string) => {
    let isCut = false;
    const transport: Transport = {
      send: (request: ApiRequest, signal) =>
        isCut ? Promise.reject(new Error('the network is gone')) : server.transport.send(request, signal),
      close: () => Promise.resolve(),
    };
    const connection = { name: 'test', open: () => Promise.resolve({ transport, namespace: 'default' }) };
    const host = new Host({ name: identity })
      .use({ name: 'clock', provides: [provide(Clock, { value: clock })] })
      .use(connectTo(connection))
      .use(leaderElection({ name: 'program', identity }));
    return { host, cut: () => (isCut = true) };
  };
  /** Time passes in small steps, so that requests get their answers in between. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 500) {
      await clock.advance(500);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { copy, holder, pass, [Symbol.asyncDispose]: () => server.stop() };
}

describe('leader election', () => {
  it('lets one copy start, and the next when that has stopped', async () => {
    await using server = await startServer();
    const [first, second] = [server.copy('first'), server.copy('second')];
    await first.host.start();
    const started = second.host.start();
    await server.pass(30_000);
    expect([await server.holder(), second.host.state]).toEqual(['first', 'starting']);
    await first.host.stop();
    await server.pass(3_000);
    await started;
    expect(await server.holder()).toBe('second');
    await second.host.stop();
  });

  it('stops a copy that cannot renew before another takes over', async () => {
    await using server = await startServer();
    const [first, second] = [server.copy('first'), server.copy('second')];
    await first.host.start();
    const ended = first.host.closed.catch((error: unknown) => error);
    const started = second.host.start();
    await server.pass(4_000);
    first.cut();
    await server.pass(10_000);
    expect(await ended).toMatchObject({ cause: { code: controllerErrors.LEASE_LOST.code } });
    expect([await server.holder(), second.host.state]).toEqual(['first', 'starting']);
    await server.pass(9_000);
    await started;
    expect(await server.holder()).toBe('second');
    await second.host.stop();
  });
});
