import { MetricsRegistry } from '@kubewright/core';
import type { LogFields, Logger } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { create } from '@bufbuild/protobuf';
import { Client as Transport, credentials } from '@grpc/grpc-js';
import { methodDefinition } from '../adapter/service-definition.js';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { Echo, SayRequestSchema, SpeakerSchema } from '../generated/kubewright/testing/v1/echo_pb.js';
import { Code } from '../status/code.js';
import { GrpcStatusError } from '../status/grpc-status-error.js';
import { EchoService } from '../testing/echo-service.js';
import { startTestServer } from '../testing/test-server.js';
import type { TestServerOptions } from '../testing/test-server.js';
import type { CallContext } from '../service/call-context.js';

async function serving(options: Partial<TestServerOptions> = {}) {
  const echo = new EchoService();
  const test = await startTestServer({ services: [echo], ...options });
  return { echo, test, client: test.client(Echo), [Symbol.asyncDispose]: test.stop };
}
async function collect(stream: AsyncIterable<{ text: string }>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of stream) texts.push(text);
  return texts;
}
async function* texts(...all: string[]) {
  for (const text of all) yield { text };
}
/** Resolves when the handler is entered, which then does `work`. */
function entering(echo: EchoService, work: (context: CallContext) => Promise<void>): Promise<CallContext> {
  return new Promise((resolve) => {
    echo.before = (_request, context) => {
      resolve(context);
      return work(context);
    };
  });
}
const untilAborted = ({ signal }: CallContext): Promise<void> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('calls', () => {
  it('go through all four kinds', async () => {
    await using at = await serving();
    expect((await at.client.say({ text: 'one' })).text).toBe('one');
    expect(await collect(at.client.count({ to: 3 }))).toEqual(['1', '2', '3']);
    expect((await at.client.collect(texts('a', 'b'))).text).toBe('a b');
    expect(await collect(at.client.chat(texts('a', 'b')))).toEqual(['heard a', 'heard b']);
  });

  it('answer UNIMPLEMENTED where the class has no method', async () => {
    await using at = await serving();
    await expect(at.client.whisper({ text: 'psst' })).rejects.toMatchObject({ status: Code.UNIMPLEMENTED });
  });

  it('name the field of a request that breaks a rule, in streams too', async () => {
    await using at = await serving();
    const status = Code.INVALID_ARGUMENT;
    await expect(at.client.say({})).rejects.toMatchObject({ status, text: 'text is required' });
    const long = 'x'.repeat(129);
    const text = 'text is longer than 128 bytes';
    await expect(at.client.collect(texts('ok', long))).rejects.toMatchObject({ status, text });
    await expect(collect(at.client.chat(texts(long)))).rejects.toMatchObject({ status, text });
  });

  it('carry messages up to the limit, and refuse larger ones', async () => {
    await using at = await serving();
    const payload = new Uint8Array(16 * 1024 * 1024 - 64);
    expect((await at.client.say({ text: 'big', payload })).text).toBe('big');
    const tooBig = at.client.say({ text: 'big', payload: new Uint8Array(16 * 1024 * 1024) });
    await expect(tooBig).rejects.toMatchObject({ status: Code.RESOURCE_EXHAUSTED });
  });

  it('tell the client what failed, and never a stack', async () => {
    await using at = await serving();
    at.echo.before = () => Promise.reject(Object.assign(new Error("ENOENT: no such volume 'a'"), { code: 'ENOENT' }));
    await expect(at.client.say({ text: 'x' })).rejects.toMatchObject({
      status: Code.NOT_FOUND,
      text: "ENOENT: no such volume 'a'",
    });
    at.echo.before = () => Promise.reject(Object.assign(new Error('x'), { message: new Error('deep').stack }));
    const error: unknown = await at.client.say({ text: 'x' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: Code.UNKNOWN, text: 'Error: deep' });
  });

  it('use the plugin’s own mapping of errors first', async () => {
    const mapError = (): GrpcStatusError => new GrpcStatusError(Code.DATA_LOSS, 'gone');
    await using at = await serving({ mapError });
    at.echo.before = () => Promise.reject(new Error('x'));
    await expect(at.client.say({ text: 'x' })).rejects.toMatchObject({ status: Code.DATA_LOSS, text: 'gone' });
  });

  it('pass over a mapping that fails', async () => {
    const mapError = (): never => {
      throw new Error('broken mapping');
    };
    await using at = await serving({ mapError });
    at.echo.before = () => Promise.reject(new Error('x'));
    await expect(at.client.say({ text: 'x' })).rejects.toMatchObject({ status: Code.UNKNOWN, text: 'x' });
  });

  it('send details where the service allows them', async () => {
    await using at = await serving();
    at.echo.before = () =>
      Promise.reject(new GrpcStatusError(Code.ABORTED, 'busy').withDetail(SpeakerSchema, { name: 'Ada' }));
    const error = GrpcStatusError.from(await at.client.say({ text: 'x' }).catch((reason: unknown) => reason));
    expect(error.statusDetails.map((detail) => anyUnpack(detail, SpeakerSchema)?.name)).toEqual(['Ada']);
  });

  it('hold the lock until the handler has ended, also when its client has gone', async () => {
    await using at = await serving();
    let finish = (): void => {};
    const entered = entering(at.echo, () => new Promise((resolve) => (finish = resolve)));
    const request = { text: 'x', target: { case: 'room', value: 'vol-1' } } as const;
    const abort = new AbortController();
    const first = at.client.say(request, { signal: abort.signal });
    const context = await entered;
    abort.abort();
    await expect(first).rejects.toMatchObject({ status: Code.CANCELLED });
    await new Promise<void>((resolve) =>
      context.signal.aborted ? resolve() : context.signal.addEventListener('abort', () => resolve()),
    );
    await expect(at.client.say(request)).rejects.toMatchObject({
      status: Code.ABORTED,
      text: "an operation on 'vol-1' is in progress: try again when it has ended",
    });
    at.echo.before = () => Promise.resolve();
    finish();
    expect((await at.client.say(request)).text).toBe('x');
  });

  it('tell the handler of metadata, deadline and peer', async () => {
    await using at = await serving();
    const entered = entering(at.echo, () => Promise.resolve());
    const metadata = { 'x-name': 'Ada', 'x-raw-bin': new Uint8Array([1, 2]) };
    await at.client.say({ text: 'x' }, { metadata, deadline: 60_000 });
    const context = await entered;
    expect(context.metadata.get('X-Name')).toBe('Ada');
    expect(context.metadata.getAll('x-raw-bin')).toEqual([Buffer.from([1, 2])]);
    expect(context.deadline).toBeGreaterThan(0);
    expect(context.method.name).toBe('Say');
    expect(context.peer).not.toBe('');
  });

  it('answer DEADLINE_EXCEEDED by the server’s own clock when the client sets none', async () => {
    const clock = new FakeClock();
    const echo = new EchoService();
    await using test = await startTestServer({ services: [echo], clock, deadline: 3_000 });
    const entered = entering(echo, untilAborted);
    const call = sayWithoutDeadline(test.path);
    const context = await entered;
    expect(context.deadline).toBe(clock.now() + 3_000);
    await clock.advance(3_000);
    expect(await call).toBe(Code.DEADLINE_EXCEEDED);
    expect(context.signal.reason).toMatchObject({ status: Code.DEADLINE_EXCEEDED });
  });

  it('tell the handler when the client’s deadline passes', async () => {
    await using at = await serving();
    const entered = entering(at.echo, untilAborted);
    const answer = at.client.say({ text: 'x' }, { deadline: 15 });
    await expect(answer).rejects.toMatchObject({ status: Code.DEADLINE_EXCEEDED });
    const { signal } = await entered;
    await untilAborted({ signal } as CallContext).catch(() => undefined);
    expect([Code.DEADLINE_EXCEEDED, Code.CANCELLED]).toContain((signal.reason as GrpcStatusError).status);
  });

  it('tell a stream’s handler when its client leaves', async () => {
    await using at = await serving();
    for await (const { text } of at.client.count({ to: 1_000_000 })) if (text === '3') break;
    await expect.poll(() => at.echo.returned).toBe(1);
  });

  it('are counted and timed under the names dashboards know', async () => {
    const metrics = new MetricsRegistry();
    await using at = await serving({ metrics });
    await at.client.say({}).catch(() => undefined);
    await collect(at.client.count({ to: 1 }));
    const service = 'kubewright.testing.v1.Echo';
    const counted = metrics
      .collect()
      .flatMap(({ name, samples }) =>
        samples.map(({ labels, value, count = value }) => `${name} ${Object.values(labels).join(' ')} ${count}`),
      );
    expect(counted).toEqual([
      `grpc_server_handled_total unary ${service} Say InvalidArgument 1`,
      `grpc_server_handled_total server_stream ${service} Count OK 1`,
      `grpc_server_handling_seconds unary ${service} Say 1`,
      `grpc_server_handling_seconds server_stream ${service} Count 1`,
      `grpc_server_started_total unary ${service} Say 1`,
      `grpc_server_started_total server_stream ${service} Count 1`,
    ]);
  });

  it('are logged without secrets; faults are warnings with the error', async () => {
    const lines: { level: string; fields: LogFields }[] = [];
    const logger = recorder(lines);
    await using at = await serving({ logger, logRequests: true, secret: ({ name }) => name === 'tags' });
    await at.client.say({ text: 'x', secrets: { key: 'hunter2' }, tags: ['mine'] });
    at.echo.before = () => Promise.reject(new Error('kaputt'));
    await at.client.say({ text: 'y' }).catch(() => undefined);
    const calls = lines.filter(({ fields }) => 'code' in fields);
    const method = '/kubewright.testing.v1.Echo/Say';
    expect(calls).toMatchObject([
      {
        level: 'debug',
        fields: { method, code: 'OK', request: { text: 'x', secrets: '[redacted]', tags: '[redacted]' } },
      },
      { level: 'warn', fields: { method, code: 'UNKNOWN', message: 'kaputt', error: expect.any(Error) as Error } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});

/** Our own client always sets a deadline. */
function sayWithoutDeadline(path: string): Promise<number> {
  const transport = new Transport(`unix:${path}`, credentials.createInsecure());
  const { path: method, requestSerialize, responseDeserialize } = methodDefinition(Echo.method.say);
  const request = create(SayRequestSchema, { text: 'slow' });
  return new Promise((resolve) => {
    transport.makeUnaryRequest(method, requestSerialize, responseDeserialize, request, (error) => {
      transport.close();
      resolve(error?.code ?? Code.OK);
    });
  });
}

function recorder(lines: { level: string; fields: LogFields }[], base: LogFields = {}): Logger {
  const write =
    (level: string) =>
    (_message: string, fields: LogFields = {}) =>
      void lines.push({ level, fields: { ...base, ...fields } });
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => recorder(lines, { ...base, ...fields }),
  };
}
