import { once } from 'node:events';
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { SystemClock, SystemRandom, silentLogger } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { CertificateAuthority } from '@kubewright/pki';
import { describe, expect, it } from 'vitest';
import { httpErrors } from '../errors.js';
import { sendText } from '../text/send-text.js';
import { HttpEndpoint } from './http-endpoint.js';
import type { HttpEndpointOptions } from './options.js';

const authority = CertificateAuthority.create('test-ca', new SystemClock(), new SystemRandom());
const issued = (commonName: string) =>
  authority.issue({ commonName, usage: 'server', hosts: ['localhost', '127.0.0.1'] });

const open = (options: Partial<HttpEndpointOptions> = {}): Promise<HttpEndpoint> =>
  HttpEndpoint.open({
    listen: {},
    clock: new SystemClock(),
    logger: silentLogger,
    serve: (incoming, outgoing) => Promise.resolve(sendText(outgoing, 200, incoming.url ?? '')),
    ...options,
  });

/** What comes back to raw bytes, until the connection ends. */
async function exchange(socket: Socket, text: string): Promise<string> {
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

describe('HttpEndpoint', () => {
  it('serves at a port of loopback, and says which is taken already', async () => {
    await using endpoint = await open();
    expect(endpoint.address).toMatchObject({ address: '127.0.0.1', port: endpoint.port });
    const answer = await fetch(`http://127.0.0.1:${endpoint.port}/a?b`);
    expect([answer.status, await answer.text()]).toEqual([200, '/a?b\n']);
    await expect(open({ listen: { port: endpoint.port } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(() => endpoint.useCertificate(issued('a'))).toThrow(httpErrors.NO_TLS({}).message);
  });

  it('serves at a unix socket that is for its owner alone, in the place of what was there, and takes it away', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'kw-http-')), 'own', 'a.sock');
    await (await open({ listen: { path } })).close();
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, 'left over');
    const endpoint = await open({ listen: { path } });
    expect([statSync(path).mode & 0o777, statSync(join(path, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    const answer = exchange(connect(path), 'GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\/x\n/);
    await endpoint.close();
    expect(existsSync(path)).toBe(false);
  });

  it('serves HTTP/2 and HTTP/1.1 over TLS', async () => {
    await using endpoint = await open({ tls: issued('one') });
    const session = connectHttp2(`https://127.0.0.1:${endpoint.port}`, { ca: authority.certificate });
    const stream = session.request({ ':path': '/two' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(200);
    stream.resume();
    session.close();
    const old = requestTls({
      port: endpoint.port,
      host: '127.0.0.1',
      path: '/one',
      ca: authority.certificate,
      agent: false,
    });
    old.end();
    const [answer] = (await once(old, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(200);
  });

  it('shows another certificate to whoever comes after it was replaced, and keeps the connections that are open', async () => {
    await using endpoint = await open({ tls: issued('first') });
    const dial = async () => {
      const socket = connectTls({ port: endpoint.port, host: '127.0.0.1', ca: authority.certificate });
      await once(socket, 'secureConnect');
      return socket;
    };
    const [before, first] = [await dial(), 'GET /still HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'];
    endpoint.useCertificate(issued('second'));
    const after = await dial();
    expect([before, after].map((socket) => socket.getPeerCertificate().subject.CN)).toEqual(['first', 'second']);
    after.destroy();
    expect(await exchange(before, first)).toContain('/still');
  });

  it('cuts an answer that cannot be finished', async () => {
    await using endpoint = await open({
      serve: (_incoming, outgoing) => {
        outgoing.write('half of ');
        return Promise.reject(new Error('no more'));
      },
    });
    const answer = fetch(`http://127.0.0.1:${endpoint.port}/`).then((response) => response.text());
    await expect(answer).rejects.toThrow('terminated');
  });

  it('tells the one who answers that the client has gone', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<unknown>();
    const { promise: asked, resolve: begin } = Promise.withResolvers<void>();
    await using endpoint = await open({
      serve: (_incoming, _outgoing, signal) => {
        signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
        begin();
        return Promise.resolve();
      },
    });
    const socket = connect(endpoint.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await asked;
    socket.destroy();
    expect(await gone).toMatchObject({ message: 'the client has gone' });
  });

  it('hands over connections that become another protocol, and cuts those whose takeover fails', async () => {
    await using endpoint = await open({
      upgrade: (incoming, socket) => {
        if (incoming.url === '/no') return Promise.reject(new Error('no'));
        socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nhello');
        return Promise.resolve();
      },
    });
    const ask = (path: string): Promise<string> =>
      exchange(
        connect(endpoint.port, '127.0.0.1'),
        `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n`,
      );
    expect(await ask('/yes')).toMatch(/hello$/);
    expect(await ask('/no')).toBe('');
  });

  it('ends kept connections at once, and cuts after a second who does not end', async () => {
    const clock = new FakeClock();
    const endpoint = await open({ clock, serve: () => new Promise(() => undefined) });
    const agent = new Agent({ keepAlive: true });
    const stuck = request({ port: endpoint.port, host: '127.0.0.1', agent });
    const cut = once(stuck, 'error');
    stuck.end();
    await once(stuck, 'finish');
    const closing = endpoint.close();
    await clock.advance(1_000);
    await closing;
    await cut;
    agent.destroy();
  });

  it('aborts without waiting for anybody', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const endpoint = await open({
      serve: () => {
        resolve();
        return new Promise(() => undefined);
      },
    });
    const answer = fetch(`http://127.0.0.1:${endpoint.port}/`).then(
      () => 'answered',
      () => 'cut',
    );
    await asked;
    await endpoint.abort();
    expect(await answer).toBe('cut');
  });
});
