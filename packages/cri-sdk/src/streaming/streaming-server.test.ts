import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import { create } from '@bufbuild/protobuf';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { AttachRequestSchema, ExecRequestSchema, PortForwardRequestSchema } from '../generated/runtime/v1/cri_pb.js';
import type { ExecRequest } from '../generated/runtime/v1/cri_pb.js';
import { StreamingServer } from './streaming-server.js';
import type { ProcessStreams, StreamingRuntime } from './session/streaming-runtime.js';
import { SpdyClient } from '../testing/spdy-client.js';
import { Tickets } from './tickets.js';

/** Programs: `upper` answers its input in capitals, `fail` ends with 3, `sizes` prints what its terminal takes on. */
class FakePrograms implements StreamingRuntime {
  readonly aborted: string[] = [];

  async exec({ cmd: [name] }: ExecRequest, streams: ProcessStreams, signal: AbortSignal): Promise<number> {
    signal.addEventListener('abort', () => this.aborted.push(name ?? ''));
    if (name === 'broken') throw new Error('no such file');
    if (name === 'fail') {
      streams.stderr?.write('failed\n');
      return 3;
    }
    if (name === 'sizes') {
      for await (const { width, height } of streams.sizes) {
        streams.stdout?.write(`${width}x${height}`);
        if (width === 0) return 0;
      }
    }
    if (name === 'hang') await once(signal, 'abort');
    for await (const chunk of streams.stdin ?? []) streams.stdout?.write(String(chunk).toUpperCase());
    return 0;
  }

  async attach(_request: unknown, streams: ProcessStreams): Promise<void> {
    streams.stdout?.write('attached');
  }

  async portForward(_id: string, port: number, stream: Duplex): Promise<void> {
    if (port === 1) throw new Error('connection refused');
    await pipeline(
      stream,
      async function* (source) {
        for await (const chunk of source) yield Buffer.from(`${port}:${String(chunk)}`);
      },
      stream,
    );
  }
}

const v4 = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
const execRequest = (name: string, fields: Partial<ExecRequest> = {}): ExecRequest =>
  create(ExecRequestSchema, { containerId: 'c', cmd: [name], stdin: true, stdout: true, stderr: true, ...fields });

describe('StreamingServer', () => {
  const programs = new FakePrograms();
  let server: StreamingServer;

  beforeEach(async () => {
    server = new StreamingServer({ runtime: programs, clock: new SystemClock(), random: new SystemRandom() });
    await server.start();
  });
  afterEach(() => server.stop());

  const openAll = async (url: string, types: readonly string[], protocols = v4) => {
    const client = await SpdyClient.connect(url, protocols);
    const streams = await Promise.all(types.map((streamType) => client.open({ streamType })));
    return { client, streams };
  };

  it('runs a command over SPDY with a body larger than any buffer, and tells its end', async () => {
    const { url } = server.exec(execRequest('upper', { stderr: false }));
    const { client, streams } = await openAll(url, ['error', 'stdin', 'stdout']);
    const [error, stdin, stdout] = streams;
    const body = 'abc'.repeat(500_000);
    for (let at = 0; at < body.length; at += 30_000) stdin?.write(body.slice(at, at + 30_000));
    stdin?.write('', true);
    expect(await stdout?.ended).toBe('end');
    expect(await error?.ended).toBe('end');
    expect(stdout?.text()).toBe(body.toUpperCase());
    expect(JSON.parse(error?.text() ?? '')).toEqual({ metadata: {}, status: 'Success' });
    expect(client.protocol).toBe('v4.channel.k8s.io');
    await client.closed;
  });

  it('tells exit codes, and why a command did not run', async () => {
    const failed = await openAll(server.exec(execRequest('fail', { stdin: false })).url, ['error', 'stdout', 'stderr']);
    const [error, , stderr] = failed.streams;
    await error?.ended;
    expect(stderr?.text()).toBe('failed\n');
    expect(JSON.parse(error?.text() ?? '')).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
    const broken = await openAll(server.exec(execRequest('broken')).url, ['error', 'stdin', 'stdout', 'stderr']);
    await broken.streams[0]?.ended;
    expect(broken.streams[0]?.text()).toContain('no such file');
    const old = await openAll(
      server.exec(execRequest('fail', { stdin: false })).url,
      ['error', 'stdout', 'stderr'],
      ['v2.channel.k8s.io'],
    );
    await old.streams[0]?.ended;
    expect(old.streams[0]?.text()).toBe('command terminated with non-zero exit code: 3');
  });

  it('passes sizes of the terminal on', async () => {
    const { url } = server.exec(execRequest('sizes', { stderr: false, tty: true }));
    const { streams } = await openAll(url, ['error', 'stdin', 'stdout', 'resize']);
    const [error, , stdout, resize] = streams;
    resize?.write('{"Width":80,"Hei');
    resize?.write('ght":24}\n{"Width":"x"}{"Width":0,"Height":0}');
    await error?.ended;
    expect(stdout?.text()).toBe('80x240x0');
  });

  it('attaches', async () => {
    const request = create(AttachRequestSchema, { containerId: 'c', stdout: true });
    const { streams } = await openAll(server.attach(request).url, ['error', 'stdout']);
    await streams[0]?.ended;
    expect(streams[1]?.text()).toBe('attached');
  });

  it('serves a URL once, to clients that name a protocol it has', async () => {
    const { url } = server.exec(execRequest('upper'));
    await expect(SpdyClient.connect(url, [])).rejects.toThrow('400');
    await expect(SpdyClient.connect(url, v4)).rejects.toThrow('404');
    await expect(SpdyClient.connect(server.exec(execRequest('upper')).url, ['v9'])).rejects.toThrow('403');
    await expect(SpdyClient.connect(url.replace('/exec/', '/attach/'), v4)).rejects.toThrow('404');
    await expect(fetch(server.exec(execRequest('upper')).url).then(({ status }) => status)).resolves.toBe(400);
  });

  it('refuses requests without streams, and a terminal with stderr', () => {
    expect(() => server.exec(execRequest('x', { tty: true }))).toThrow(/stderr must not be set together with tty/);
    expect(() => server.exec(execRequest('x', { stdin: false, stdout: false, stderr: false }))).toThrow(/one of stdin/);
  });

  it('tells a command when its client is gone or breaks the protocol, and echoes pings', async () => {
    for (const leave of [
      (client: SpdyClient) => client.close(),
      (client: SpdyClient) => client.raw(Buffer.from([0x80, 9, 0, 1, 0, 0, 0, 0])),
    ]) {
      programs.aborted.length = 0;
      const { client } = await openAll(server.exec(execRequest('hang')).url, ['error', 'stdin', 'stdout', 'stderr']);
      expect(await client.ping(7)).toBe(7);
      leave(client);
      await client.closed;
      await expect.poll(() => programs.aborted).toEqual(['hang']);
    }
  });

  it('forwards ports: many connections over one, each with its errors', async () => {
    const { url } = server.portForward(create(PortForwardRequestSchema, { podSandboxId: 's' }));
    const client = await SpdyClient.connect(url, ['portforward.k8s.io']);
    const pair = async (port: number, requestID: string) =>
      Promise.all(['error', 'data'].map((streamType) => client.open({ streamType, port: `${port}`, requestID })));
    const [one, two, refused] = await Promise.all([pair(80, '0'), pair(81, '1'), pair(1, '2')]);
    two[1]?.write('b', true);
    one[1]?.write('a', true);
    await Promise.all([one[1]?.ended, two[1]?.ended, refused[0]?.ended]);
    expect([one[1]?.text(), two[1]?.text()]).toEqual(['80:a', '81:b']);
    expect(refused[0]?.text()).toBe('an error occurred forwarding to port 1: connection refused');
    expect(await refused[1]?.ended).toBe('reset');
    client.close();
  });

  it('takes a port-forward inside a WebSocket, though its subprotocol is no token', async () => {
    const { url } = server.portForward(create(PortForwardRequestSchema, { podSandboxId: 's' }));
    const asked = request(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io',
      },
    });
    asked.end();
    const [response, socket] = (await once(asked, 'upgrade')) as [IncomingMessage, Duplex];
    expect(response.headers['sec-websocket-protocol']).toBe('SPDY/3.1+portforward.k8s.io');
    socket.destroy();
  });

  it.each([
    ['v5.channel.k8s.io', false],
    ['v4.base64.channel.k8s.io', true],
    ['channel.k8s.io', false],
  ])('speaks WebSocket with %s', async (protocol, base64) => {
    const { url } = server.exec(execRequest('upper', { stderr: false }));
    const socket = new WebSocket(url.replace('http:', 'ws:'), [protocol]);
    const output: Record<number, string> = {};
    socket.on('message', (message: Buffer) => {
      const [first = 0] = message;
      const number = base64 ? first - 0x30 : first;
      const data = base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1);
      output[number] = (output[number] ?? '') + data.toString();
      if (output[1] === 'HI' && protocol !== 'v5.channel.k8s.io') socket.close();
    });
    await once(socket, 'open');
    socket.send(base64 ? `0${Buffer.from('hi').toString('base64')}` : Buffer.from('\0hi'));
    if (protocol === 'v5.channel.k8s.io') socket.send(Buffer.from([255, 0]));
    await once(socket, 'close');
    expect(output[1]).toBe('HI');
    if (protocol === 'v5.channel.k8s.io') expect(JSON.parse(output[3] ?? '')).toMatchObject({ status: 'Success' });
  });
});

describe('Tickets', () => {
  it('are good once, for a minute, and at most 1,000 wait', async () => {
    const clock = new FakeClock();
    const tickets = new Tickets<string>(clock, new SeededRandom(1));
    const token = tickets.issue('a');
    expect(token).toHaveLength(8);
    expect(tickets.redeem(token)).toBe('a');
    expect(tickets.redeem(token)).toBeUndefined();
    const late = tickets.issue('b');
    await clock.advance(60_000);
    expect(tickets.redeem(late)).toBeUndefined();
    for (let count = 0; count < 1_000; count++) tickets.issue('c');
    expect(() => tickets.issue('d')).toThrow(/RESOURCE_EXHAUSTED/);
    tickets.clear();
    expect(clock.timers).toBe(0);
  });
});
