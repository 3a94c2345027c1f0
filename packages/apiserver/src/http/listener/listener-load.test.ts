import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { SystemClock, SystemRandom } from '@kubewright/core';
import type { Logger } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '@kubewright/pki';
import { Authorizer } from '../../auth/authorizer.js';
import { contributing } from '../../testing/contributing.js';
import { call } from '../../testing/requests.js';
import { RequestHandler } from '../request-context.js';
import { startTestApiServer } from '../../testing/start-test-api-server.js';
import type { TestApiServer, TestApiServerOptions } from '../../testing/start-test-api-server.js';

const maps = '/api/v1/namespaces/default/configmaps';
const config = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

let authority: CertificateAuthority;
let jane: { certificate: string; key: string };
const allowJane = { authorize: () => Promise.resolve({ allowed: true, reason: '' }) };

beforeAll(() => {
  authority = CertificateAuthority.create('test-ca', new SystemClock(), new SystemRandom());
  jane = authority.issue({ commonName: 'jane', usage: 'client' });
});

async function listening(options: TestApiServerOptions): Promise<TestApiServer & { readonly address: URL }> {
  const server = await startTestApiServer({
    ...options,
    plugins: [contributing('jane', Authorizer, allowJane), ...(options.plugins ?? [])],
  });
  const own = authority.issue({ commonName: 'server', usage: 'server', hosts: ['127.0.0.1'] });
  const address = new URL(await server.server.listen({ ...own, clientAuthority: authority.certificate }));
  return { ...server, address };
}

const credentials = () => ({ ca: authority.certificate, cert: jane.certificate, key: jane.key });

async function open1(address: URL): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port: Number(address.port), ...credentials() });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return socket;
}

async function open2(address: URL): Promise<ClientHttp2Session> {
  const session = connectHttp2(address.origin, credentials());
  session.on('error', () => undefined);
  await new Promise((resolve) => session.once('connect', resolve));
  return session;
}

/** Everything that a connection says until it ends. */
function rest(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve(text)));
}

const slowPost = `POST ${maps} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;

describe('clients that send slowly', () => {
  let clock: FakeClock;
  let server: Awaited<ReturnType<typeof listening>>;
  beforeAll(async () => {
    clock = new FakeClock();
    server = await listening({ clock, maxInFlight: { reading: 4, mutating: 4 } });
  });
  afterAll(() => server.stop());

  it('take no slot, are answered 504 in the end, and lose their connection', async () => {
    const timers = clock.timers;
    const slow = await Promise.all(Array.from({ length: 8 }, () => open1(server.address)));
    for (const socket of slow) socket.write(slowPost);
    const session = await open2(server.address);
    const stream = session.request({ ':path': maps, ':method': 'POST', 'content-type': 'application/json' });
    stream.write('{');
    const ended = slow.map(rest);
    const status = new Promise((resolve) => stream.once('response', (headers) => resolve(headers[':status'])));
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    stream.resume();
    while (clock.timers < timers + 9) await new Promise((resolve) => setImmediate(resolve));
    expect((await call(server.transport, 'POST', maps, config('meanwhile'))).status).toBe(201);
    await clock.advance(30_000);
    for (const text of await Promise.all(ended)) {
      expect(text).toMatch(/^HTTP\/1\.1 504 /);
      expect(text).toMatch(/\r\nconnection: close\r\n/i);
      expect(text).toContain('the body did not arrive within 30 s');
    }
    expect(await status).toBe(504);
    await closed;
    session.destroy();
  });

  it('are refused as soon as their body is too long, and still get the answer', async () => {
    const socket = await open1(server.address);
    const all = rest(socket);
    socket.write(`POST ${maps} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n`);
    const mebibyte = 'x'.repeat(1024 * 1024);
    for (let n = 0; n < 4; n++) socket.write(`100000\r\n${mebibyte}\r\n`);
    expect(await all).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('clients that read slowly', () => {
  it('are cut off when they take nothing for a minute', async () => {
    const clock = new FakeClock();
    const { address, transport, stop } = await listening({ clock });
    const data = { text: 'x'.repeat(900_000) };
    for (let n = 0; n < 20; n++) await call(transport, 'POST', maps, { ...config(`m${n}`), data });
    const timers = clock.timers;
    const sockets: TLSSocket[] = [];
    for (const path of [maps, `${maps}?watch=true`, `${maps}/m1`]) {
      const socket = await open1(address);
      socket.pause();
      // Many answers to one who reads none: a single one of them may fit into the system's buffers.
      socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(path.endsWith('m1') ? 20 : 1));
      sockets.push(socket);
    }
    // A watch has a timer of its own, and one for the wait.
    while (clock.timers < timers + 4) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(60_000);
    // Who starts to read now finds less than he asked for.
    const texts = await Promise.all(sockets.map(rest));
    for (const text of texts) expect(text.length).toBeLessThan(17_000_000);
    await stop();
  });
});

describe('requests that fail inside', () => {
  const failing = () => {
    throw new Error('no space left for the log');
  };
  const logger: Logger = { debug: failing, info: failing, warn: failing, error: failing, child: failing };

  it('are answered whatever the logger does', async () => {
    const broken = {
      handle: () => {
        throw new TypeError('broken');
      },
    };
    const server = await listening({ logger, plugins: [contributing('broken', RequestHandler, broken)] });
    const socket = await open1(server.address);
    const all = rest(socket);
    socket.write(`POST ${maps} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`);
    expect(await all).toMatch(/^HTTP\/1\.1 500 /);
    await server.stop();
  });

  it.each(['http/1.1', 'http/2'])(
    'end their connection or stream where no answer can be sent: %s',
    async (protocol) => {
      const headers = { 'not a header': 'x' };
      const unsendable = { handle: () => Promise.resolve({ status: 200, headers, body: new Uint8Array() }) };
      const server = await listening({ logger, plugins: [contributing('unsendable', RequestHandler, unsendable)] });
      if (protocol === 'http/1.1') {
        const socket = await open1(server.address);
        const all = rest(socket);
        socket.write(`POST ${maps} HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}`);
        expect(await all).toBe('');
      } else {
        const session = await open2(server.address);
        const stream = session.request({ ':path': maps, ':method': 'POST' });
        stream.end('{}');
        stream.on('error', () => undefined);
        await new Promise<void>((resolve) => stream.resume().once('close', () => resolve()));
        expect(stream.rstCode).not.toBe(0);
        session.destroy();
      }
      await server.stop();
    },
  );
});

describe('a stop', () => {
  it('does not wait for connections that never agreed on keys, or never asked', async () => {
    const server = await listening({});
    const bare = connectTcp(Number(server.address.port), '127.0.0.1');
    bare.on('error', () => undefined);
    await new Promise((resolve) => bare.once('connect', resolve));
    const half = await open1(server.address);
    half.write('GET / HTTP/1.1\r\nhost:');
    const ended = [bare, half].map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
    await server.stop();
    await Promise.all(ended);
  });
});
