import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Echo } from '../generated/kubewright/testing/v1/echo_pb.js';
import { GrpcServer } from '../server/grpc-server.js';
import { Code } from '../status/code.js';
import { EchoService } from '../testing/echo-service.js';
import { startTestServer } from '../testing/test-server.js';
import { GrpcConnection, createClient } from './grpc-connection.js';

const clock = new SystemClock();
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kw-client-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const serve = async (path: string): Promise<GrpcServer> => {
  const server = new GrpcServer({ address: path, clock, services: [new EchoService()] });
  await server.start();
  return server;
};

describe('GrpcConnection', () => {
  it('waits for a plugin that is not there yet, and finds it again after a restart', async () => {
    const path = join(directory, 'a.sock');
    using client = createClient(Echo, { address: path, clock });
    const early = client.say({ text: 'early' });
    const first = await serve(path);
    expect((await early).text).toBe('early');
    await first.stop();
    const between = client.say({ text: 'between' });
    const second = await serve(path);
    expect((await between).text).toBe('between');
    await second.stop();
  });

  it('gives up after the connect timeout where nobody answers', async () => {
    const fake = new FakeClock();
    using client = createClient(Echo, { address: join(directory, 'none.sock'), clock: fake, connectTimeout: 2_000 });
    const calls = [
      client.say({ text: 'x' }),
      client.collect((async function* () {})()),
      client.count({ to: 1 })[Symbol.asyncIterator]().next(),
    ];
    const failed = Promise.all(
      calls.map((call) =>
        expect(call).rejects.toMatchObject({
          status: Code.UNAVAILABLE,
          text: expect.stringContaining('within 2000 ms') as string,
        }),
      ),
    );
    await fake.advance(2_000);
    await failed;
    expect(fake.timers).toBe(0);
  });

  it('ends a call at its deadline by its own clock', async () => {
    const echo = new EchoService();
    const fake = new FakeClock();
    await using test = await startTestServer({ services: [echo], clock: fake });
    const client = test.client(Echo);
    await client.say({ text: 'connect' });
    const entered = new Promise<void>((inside) => {
      echo.before = (_request, { signal }) => {
        inside();
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      };
    });
    const answer = client.say({ text: 'slow' });
    const failed = expect(answer).rejects.toMatchObject({
      status: Code.DEADLINE_EXCEEDED,
      text: 'no answer within 30000 ms',
    });
    await entered;
    await fake.advance(30_000);
    await failed;
  });

  it('cancels by signal, before and during a call, and keeps no listener', async () => {
    await using test = await startTestServer({ services: [new EchoService()] });
    const client = test.client(Echo);
    const cancelled = { status: Code.CANCELLED };
    await expect(client.say({ text: 'x' }, { signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled);
    const aborted = client.count({ to: 5 }, { signal: AbortSignal.abort() });
    await expect(aborted[Symbol.asyncIterator]().next()).rejects.toMatchObject(cancelled);
    const abort = new AbortController();
    const reading = (async () => {
      for await (const { text } of client.count({ to: 1_000_000 }, { signal: abort.signal }))
        if (text === '10') abort.abort();
    })();
    await expect(reading).rejects.toMatchObject(cancelled);
  });

  it('passes on what the caller’s own stream throws', async () => {
    await using test = await startTestServer({ services: [new EchoService()] });
    const client = test.client(Echo);
    const broken = async function* () {
      yield { text: 'a' };
      throw new Error('the source dried up');
    };
    await expect(client.collect(broken())).rejects.toThrow('the source dried up');
    const chat = async (): Promise<void> => {
      for await (const { text } of client.chat(broken())) expect(text).toBe('heard a');
    };
    await expect(chat()).rejects.toThrow('the source dried up');
  });

  it('cancels what runs when it closes', async () => {
    const echo = new EchoService();
    await using test = await startTestServer({ services: [echo] });
    const connection = new GrpcConnection({ address: test.path, clock });
    const entered = new Promise<void>(
      (inside) =>
        (echo.before = (_request, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
            inside();
          })),
    );
    const client = connection.client(Echo);
    const failed = expect(client.say({ text: 'x' })).rejects.toMatchObject({ status: Code.CANCELLED });
    await entered;
    connection.close();
    connection.close();
    await failed;
    const closed = { status: Code.CANCELLED, text: `the connection to unix://${test.path} was closed` };
    await expect(client.say({ text: 'x' })).rejects.toMatchObject(closed);
    await expect(client.count({ to: 1 })[Symbol.asyncIterator]().next()).rejects.toMatchObject(closed);
  });
});
