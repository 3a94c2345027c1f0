import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { StatusError } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { afterEach, describe, expect, it } from 'vitest';
import { informerErrors } from '../errors/informer-errors.js';
import { HttpTransport } from '../transport/http-transport.js';
import { Client } from './client.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

type Lie = (response: ServerResponse, request: IncomingMessage) => unknown;

/** A client with a token, and a server that answers every request with the lie. */
async function lied(lie: Lie): Promise<Client> {
  const server = createServer((request, response) => void lie(response, request));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  const transport = new HttpTransport({
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { get: async () => ({ authorization: 'Bearer secret' }), invalidate() {} },
  });
  open.push(transport);
  return new Client({ transport, namespace: 'shop' });
}

const key = { name: 'a' };
const object = (rest: string): string => `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}${rest}}`;
const latin1 = Buffer.concat([
  Buffer.from('{"metadata":{"name":"a"},"data":{"x":"'),
  Buffer.from([0xe9]),
  Buffer.from('"}}'),
]);

describe('a client whose server lies', () => {
  const cases: Record<string, [Lie, RegExp]> = {
    'cuts a chunked body': [(response) => response.write('{"a"', () => response.destroy()), /it broke off \(/],
    'promises more than it sends': [
      (response) => response.setHeader('content-length', '300').write('{}', () => response.destroy()),
      /it broke off \(/,
    ],
    'sends a login page': [(response) => response.end('<html>'), /it is not JSON/],
    'sends null': [(response) => response.end('null'), /it is no object with metadata/],
    'sends a text': [(response) => response.end('"x"'), /it is no object with metadata/],
    'sends a list in the place of an object': [(response) => response.end('[]'), /it is no object with metadata/],
    'sends an object without metadata': [(response) => response.end('{"kind":"ConfigMap"}'), /no object with metadata/],
    'sends another kind': [
      (response) => response.end('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}'),
      /it is a v1 Pod, not a v1 ConfigMap/,
    ],
    'sends a failure with the status 200': [
      (response) => response.end('{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":404}'),
      /it is a v1 Status, not a v1 ConfigMap/,
    ],
    'compresses what nobody asked it to': [
      (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(object(''))),
      /it is no UTF-8/,
    ],
    'sends Latin-1': [(response) => response.end(latin1), /it is no UTF-8/],
    'ends within a character': [(response) => response.end(Buffer.from('{"é').subarray(0, 3)), /it is no UTF-8/],
  };
  it.each(Object.entries(cases))('that %s gives an error that names the request', async (_name, [lie, problem]) => {
    const client = await lied(lie);
    const error: unknown = await client.get(ConfigMap, key).catch((thrown: unknown) => thrown);
    expect(error).toSatisfy(informerErrors.RESPONSE_INVALID.is);
    expect((error as Error).message).toMatch(problem);
    expect((error as Error).message).toContain('GET /api/v1/namespaces/shop/configmaps/a');
  });

  it('takes the answer of a write for what was written only where it is such an object', async () => {
    const client = await lied((response) => response.end('{"kind":"Status","apiVersion":"v1","metadata":{}}'));
    const written = { metadata: { name: 'a' } };
    for (const write of [
      client.create(ConfigMap, written),
      client.update(ConfigMap, written),
      client.patch(ConfigMap, key, { type: 'merge', patch: {} }),
      client.apply(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', ...written }),
    ])
      await expect(write).rejects.toSatisfy(informerErrors.RESPONSE_INVALID.is);
  });

  it('keeps characters that a cut chunk, and U+FFFD that somebody has written', async () => {
    const bytes = Buffer.from(object(',"data":{"x":"é😀\uFFFD"}'));
    const client = await lied(async (response) => {
      for (const byte of bytes) await new Promise((resolve) => response.write(Uint8Array.of(byte), resolve));
      response.end();
    });
    expect((await client.get(ConfigMap, key)).data).toEqual({ x: 'é😀\uFFFD' });
  });

  it('shows the text of a refusal in whatever encoding', async () => {
    const client = await lied((response) => response.writeHead(403).end(Buffer.from([0x6e, 0xf3, 0x6e])));
    const error: unknown = await client.get(ConfigMap, key).catch((thrown: unknown) => thrown);
    expect(error).toSatisfy(StatusError.is);
    expect(error).toMatchObject({ code: 403, message: expect.stringContaining('n\uFFFDn') });
  });

  it('follows no redirect, so that no other server gets the token', async () => {
    const tokens: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      tokens.push(request.headers.authorization);
      response.end(object(''));
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => new Promise((resolve) => other.close(resolve)) });
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    for (const status of [301, 302, 303, 307, 308]) {
      const client = await lied((response) => response.writeHead(status, { location }).end());
      await expect(client.get(ConfigMap, key)).rejects.toMatchObject({ code: status });
    }
    expect(tokens).toEqual([]);
  });
});
