/** A port of an embedded API server for one program, which remembers what that asked and what it wrote. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ApiRequest, Transport } from '@kubewright/informer';

/** A write that the server carried out: the first answer with this resourceVersion. */
export interface Write {
  readonly path: string;
  /** The server counts all writes with it, so it is their order. */
  readonly version: bigint;
  /** Of a Lease, who holds it from then on. */
  readonly holder: string | undefined;
}

export interface WatchedPort extends AsyncDisposable {
  readonly url: string;
  /** Reads that ask for all objects of a kind, as paths with their query: lists, and watches that begin with a list. */
  readonly lists: string[];
  readonly writes: Write[];
}

export async function openPort(transport: Transport): Promise<WatchedPort> {
  const lists: string[] = [];
  const writes: Write[] = [];
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = async (): Promise<void> => {
      const { method = 'GET', url = '', headers } = request;
      const type = headers['content-type'];
      if (method === 'GET' && isList(url)) lists.push(url);
      const body = await buffer(request);
      const before = method === 'GET' ? 0n : await currentVersion(transport);
      const sent: ApiRequest = {
        method: method as ApiRequest['method'],
        path: url,
        headers: { accept: headers.accept ?? 'application/json', ...(type !== undefined && { 'content-type': type }) },
        body,
      };
      // A write that has arrived is carried out, whoever waits for it or does not any more.
      const answered = await transport.send(sent, method === 'GET' ? gone.signal : undefined);
      response.writeHead(answered.status, answered.headers);
      if (method === 'GET') {
        for await (const chunk of answered.body) response.write(chunk);
        response.end();
        return;
      }
      const text = await buffer(Readable.from(answered.body));
      if (answered.status < 300) note(writes, url, text, before);
      response.end(text);
    };
    answer().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lists,
    writes,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Answer {
  readonly kind?: string;
  readonly metadata?: { readonly resourceVersion?: string };
  readonly spec?: { readonly holderIdentity?: string };
}

/** An apply that changes nothing answers with the version that the object had: that is no write. */
function note(writes: Write[], url: string, text: Buffer, before: bigint): void {
  const { kind, metadata, spec } = JSON.parse(text.toString()) as Answer;
  const version = BigInt(metadata?.resourceVersion ?? '0');
  if (version <= before) return;
  writes.push({
    path: url.split('?')[0] ?? '',
    version,
    holder: kind === 'Lease' ? (spec?.holderIdentity ?? '') : undefined,
  });
}

async function currentVersion(transport: Transport): Promise<bigint> {
  const { body } = await transport.send({ method: 'GET', path: '/api/v1/namespaces?limit=1' });
  const { metadata } = JSON.parse((await buffer(Readable.from(body))).toString()) as Answer;
  return BigInt(metadata?.resourceVersion ?? '0');
}

/** Single objects have a name at the end, and so does the watch of one. */
function isList(url: string): boolean {
  const { pathname, searchParams } = new URL(url, 'http://server');
  if (!/\/(websites|deployments|services|configmaps)$/.test(pathname)) return false;
  return searchParams.get('watch') !== 'true' || searchParams.get('sendInitialEvents') === 'true';
}
