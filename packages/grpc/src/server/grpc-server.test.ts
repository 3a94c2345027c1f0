import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import type { CallContext } from '../service/call-context.js';
import { createClient } from '../client/grpc-connection.js';
import { Echo } from '../generated/kubewright/testing/v1/echo_pb.js';
import { Code } from '../status/code.js';
import { EchoService } from '../testing/echo-service.js';
import { describeGrpcServerContract } from '../testing/grpc-server-contract.js';
import { startTestServer } from '../testing/test-server.js';
import { GrpcServer } from './grpc-server.js';

const clock = new SystemClock();

/** Lets time pass, step by step, until something that needs I/O as well has come to its end. */
async function advanceUntil(fake: FakeClock, end: Promise<void>): Promise<void> {
  const state = { ended: false };
  void end.finally(() => (state.ended = true));
  while (!state.ended) await fake.advance(500);
}

describeGrpcServerContract(
  { describe, it },
  { serve: (path) => new GrpcServer({ address: path, clock, services: [new EchoService()] }), service: Echo },
);

describe('GrpcServer', () => {
  it('serves over TCP on loopback when asked, and tells the port', async () => {
    const server = new GrpcServer({ address: 'tcp://127.0.0.1:0', clock, services: [new EchoService()] });
    await server.start();
    expect(server.address).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
    using client = createClient(Echo, { address: server.address, clock });
    expect((await client.say({ text: 'hi' })).text).toBe('hi');
    await server.stop();
  });

  it('starts once, and not after it was stopped', async () => {
    await using test = await startTestServer({ services: [new EchoService()] });
    await expect(test.server.start()).rejects.toThrow(/is serving: a server starts once/);
    const never = new GrpcServer({ address: test.path, clock, services: [] });
    await never.stop();
    await expect(never.start()).rejects.toThrow(/is stopped/);
  });

  it('gives up starting when its signal aborts, and leaves nothing', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kw-grpc-'));
    const path = join(directory, 'a.sock');
    const abort = new AbortController();
    const server = new GrpcServer({ address: path, clock, services: [] });
    const starting = server.start({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(starting).rejects.toThrow('enough');
    expect(existsSync(path)).toBe(false);
    await server.stop();
    await rm(directory, { recursive: true });
  });

  it('refuses two objects that serve the same', () => {
    const services = [new EchoService(), new EchoService()];
    expect(() => new GrpcServer({ address: '/tmp/x.sock', clock, services })).toThrow(/two of the server's services/);
  });

  it('lets a running call end when it stops', async () => {
    const echo = new EchoService();
    const test = await startTestServer({ services: [echo] });
    let finish = (): void => {};
    const entered = new Promise<void>((inside) => {
      echo.before = () => new Promise((resolve) => ((finish = resolve), inside()));
    });
    const answer = test.client(Echo).say({ text: 'last words' });
    await entered;
    const stopping = test.server.stop();
    finish();
    expect((await answer).text).toBe('last words');
    await stopping;
    expect(existsSync(test.path)).toBe(false);
    await test.stop();
  });

  it('cancels calls that outlive the grace period', async () => {
    const echo = new EchoService();
    const fake = new FakeClock();
    const test = await startTestServer({ services: [echo], clock: fake, gracePeriod: 2_000 });
    const entered = new Promise<CallContext>((inside) => {
      echo.before = (_request, context) => {
        inside(context);
        return once(context.signal, 'abort').then(() => context.signal.throwIfAborted());
      };
    });
    const answer = test.client(Echo).say({ text: 'endless' });
    const failed = expect(answer).rejects.toMatchObject({ status: Code.UNAVAILABLE, text: 'the server stopped' });
    const { signal, draining } = await entered;
    const stopping = test.server.stop();
    await once(draining, 'abort');
    await fake.advance(1_999);
    expect(signal.aborted).toBe(false);
    await fake.advance(1);
    expect(signal.reason).toMatchObject({ status: Code.UNAVAILABLE });
    await failed;
    await stopping;
    await test.stop();
    expect(fake.timers).toBe(0);
  });

  it('does not wait for ever for a handler that heeds no signal', async () => {
    const echo = new EchoService();
    const fake = new FakeClock();
    const test = await startTestServer({ services: [echo], clock: fake });
    const entered = new Promise<void>((inside) => {
      echo.before = () => new Promise(() => inside());
    });
    const failed = expect(test.client(Echo).say({ text: 'deaf' })).rejects.toThrow();
    await entered;
    await advanceUntil(fake, test.server.stop());
    await failed;
    await test.stop();
  });
});
