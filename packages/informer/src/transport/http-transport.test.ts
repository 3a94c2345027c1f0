import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { informerErrors } from '../errors/informer-errors.js';
import type { Credentials } from './credentials.js';
import { HttpTransport } from './http-transport.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
function connect(server: string, credentials?: Credentials): HttpTransport {
  const transport = new HttpTransport({ server, credentials });
  open.push(transport);
  return transport;
}
async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('HttpTransport', () => {
  it('sends method, path, headers and body, and answers head and body whatever the status', async () => {
    const server = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => {
        response.writeHead(409, {
          Warning: ['299 - "a"', '299 - "b"'],
          'X-Seen': `${request.method} ${request.url} ${request.headers['authorization']}`,
        });
        response.end(text.toUpperCase());
      });
    });
    const transport = connect(`${server}/prefix/`, {
      get: async () => ({ authorization: 'Bearer t' }),
      invalidate() {},
    });
    const response = await transport.send({
      method: 'POST',
      path: '/api?x=1',
      body: 'body',
      headers: { 'content-type': 'text/plain' },
    });
    expect(response.status).toBe(409);
    expect(response.headers).toMatchObject({
      warning: '299 - "a", 299 - "b"',
      'x-seen': 'POST /prefix/api?x=1 Bearer t',
    });
    expect(await textOf(response.body)).toBe('BODY');
  });

  it('uses its connections again', async () => {
    const ports = new Set<number | undefined>();
    const transport = connect(
      await serve((request, response) => response.end(String(ports.add(request.socket.remotePort).size))),
    );
    for (let request = 0; request < 20; request++)
      await textOf((await transport.send({ method: 'GET', path: '/' })).body);
    // One more than needed, where a request follows before the socket of the last is free.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it('ends a body with the reason of the abort, and the connection with it', async () => {
    let isClosed = (): void => {};
    const closed = new Promise<void>((resolve) => (isClosed = resolve));
    const transport = connect(await serve((_request, response) => void response.on('close', isClosed).write('first')));
    const leaving = new AbortController();
    const { body } = await transport.send({ method: 'GET', path: '/' }, leaving.signal);
    const reading = (async () => {
      for await (const chunk of body) if (chunk.byteLength > 0) leaving.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
    await closed;
  });

  it('frees the connection of a body that is left early', async () => {
    let isClosed = (): void => {};
    const closed = new Promise<void>((resolve) => (isClosed = resolve));
    const transport = connect(await serve((_request, response) => void response.on('close', isClosed).write('first')));
    for await (const _chunk of (await transport.send({ method: 'GET', path: '/' })).body) break;
    await closed;
  });

  it('tells a credential that the server refuses to its source', async () => {
    let invalidated = 0;
    const transport = connect(await serve((_request, response) => response.writeHead(401).end()), {
      get: async () => ({}),
      invalidate: () => void invalidated++,
    });
    await textOf((await transport.send({ method: 'GET', path: '/' })).body);
    expect(invalidated).toBe(1);
  });

  it('asks before the bytes of a request go, when it has its connection, and sends nothing where that throws', async () => {
    const seen: string[] = [];
    const transport = connect(
      await serve((request, response) => {
        seen.push(request.url ?? '');
        response.end();
      }),
    );
    const asked: string[] = [];
    const ask = (path: string, error?: Error) =>
      transport.send({
        method: 'POST',
        path,
        body: 'body',
        beforeSending: () => {
          asked.push(path);
          if (error !== undefined) throw error;
        },
      });
    const refusal = ask('/refused', new Error('too late'));
    expect(asked).toEqual([]);
    await expect(refusal).rejects.toThrow('too late');
    await textOf((await ask('/sent')).body);
    await expect(ask('/refused-again', new Error('too late'))).rejects.toThrow('too late');
    await textOf((await ask('/sent-again')).body);
    expect(asked).toEqual(['/refused', '/sent', '/refused-again', '/sent-again']);
    expect(seen).toEqual(['/sent', '/sent-again']);
  });

  it('says why no response came, with the cause', async () => {
    const cut = connect(await serve((request) => request.socket.destroy()));
    const error: unknown = await cut.send({ method: 'GET', path: '/x' }).catch((thrown: unknown) => thrown);
    expect(error).toSatisfy(informerErrors.CONNECTION.is);
    expect(error).toMatchObject({ cause: { code: expect.stringMatching(/UND_ERR_SOCKET|ECONNRESET/) } });
    await cut.close();
    await expect(cut.send({ method: 'GET', path: '/' })).rejects.toSatisfy(informerErrors.TRANSPORT_CLOSED.is);
    await expect(connect('http://127.0.0.1:1').send({ method: 'GET', path: '/' })).rejects.toThrow(
      /no response to GET \//,
    );
    expect(() => new HttpTransport({ server: 'not a url' })).toThrow(/not an API server's address/);
  });

  it('ends open bodies when it is closed', async () => {
    const transport = connect(await serve((_request, response) => void response.write('first')));
    const { body } = await transport.send({ method: 'GET', path: '/' });
    const reading = (async () => {
      for await (const _chunk of body) await transport.close();
    })();
    await expect(reading).rejects.toThrow();
  });
});
