/**
 * The way in from outside: one TLS port for HTTP/2, HTTP/1.1, client certificates and upgraded connections. It turns what
 * arrives into a `ServerRequest` and writes the answer back; it decides nothing.
 */
import { createSecureServer } from 'node:http2';
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { constants, createGzip, gzip } from 'node:zlib';
import { statusErrors } from '@kubewright/api';
import type { Clock, Logger } from '@kubewright/core';
import type { ServerRequest, ServerResponse } from './server-request.js';

export interface ListenerOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: 0, a free port. */
  readonly port?: number;
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** PEM of the authority whose client certificates count. Default: client certificates are not asked for. */
  readonly clientAuthority?: string;
}

export interface ListenerServices {
  readonly clock: Clock;
  readonly logger: Logger;
  serve(request: ServerRequest): Promise<ServerResponse>;
  /** Takes over a connection that asks to become another protocol. */
  upgrade(request: ServerRequest, socket: Duplex, head: Buffer): Promise<void>;
}

type Incoming = IncomingMessage | Http2ServerRequest;

/** Longer answers are compressed for clients that ask for it, quickly rather than well. */
const compressFrom = 128 * 1024;
const compression = { level: constants.Z_BEST_SPEED };
const compress = promisify(gzip);
/** Clients keep many requests open at a time, and lists are long. */
const http2Settings = { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024 };
/** How long connections get to end before they are cut. */
const closeGrace = 1_000;

export class Listener {
  readonly #server: Http2SecureServer;
  readonly #services: ListenerServices;
  readonly #sockets = new Set<Socket>();
  readonly #certificates = new WeakMap<object, ServerRequest['certificate'] | null>();

  private constructor(options: ListenerOptions, services: ListenerServices) {
    this.#services = services;
    const { certificate: cert, key, clientAuthority: ca } = options;
    this.#server = createSecureServer({
      allowHTTP1: true,
      cert,
      key,
      minVersion: 'TLSv1.2',
      settings: http2Settings,
      // Who shows no certificate, or a stranger's, may still have a token.
      ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false }),
    });
    this.#server.on('request', (request, response) => void this.#answer(request, response));
    this.#server.on(
      'upgrade',
      (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head),
    );
    this.#server.on('secureConnection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('sessionError', () => undefined);
    this.#server.on('tlsClientError', () => undefined);
    this.#server.setTimeout(0);
  }

  /** Resolves when the port is open. */
  static async open(options: ListenerOptions, services: ListenerServices): Promise<Listener> {
    const listener = new Listener(options, services);
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', reject);
      listener.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
    });
    listener.#server.on('error', (error) => services.logger.error('the listener failed', { error }));
    return listener;
  }

  get address(): AddressInfo {
    return this.#server.address() as AddressInfo;
  }

  /** Takes no more connections and ends those that are there. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    using _cut = this.#services.clock.setTimer(closeGrace, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    for (const socket of this.#sockets) socket.end();
    await closed;
  }

  async #answer(incoming: IncomingMessage | Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the client has gone')));
    response.on('error', () => gone.abort(new Error('the client has gone')));
    incoming.on('error', () => gone.abort(new Error('the client has gone')));
    try {
      const answer = await this.#services.serve(this.#request(incoming, gone.signal));
      await send(incoming, response, await encoded(incoming, answer), gone.signal);
    } catch (error) {
      if (!gone.signal.aborted) this.#services.logger.debug('an answer was cut off', { error });
      // An answer that cannot be finished must not look complete.
      if ('stream' in response && response.stream !== undefined) response.stream.close?.();
      incoming.destroy();
    }
  }

  async #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    socket.once('close', () => gone.abort(new Error('the client has gone')));
    socket.on('error', () => gone.abort(new Error('the client has gone')));
    try {
      await this.#services.upgrade(this.#request(incoming, gone.signal), socket, head);
    } catch (error) {
      this.#services.logger.debug('an upgrade failed', { error });
      socket.destroy();
    }
  }

  #request(incoming: Incoming, signal: AbortSignal): ServerRequest {
    const certificate = this.#certificateOf(incoming);
    return {
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers: plainHeaders(incoming),
      ...(certificate ? { certificate } : {}),
      signal,
      body: (limit) => readBody(incoming, limit, signal),
    };
  }

  /** Asked once per connection: a certificate does not change. */
  #certificateOf(incoming: Incoming): ServerRequest['certificate'] | null {
    const socket = incoming.socket as TLSSocket;
    const known = this.#certificates.get(socket);
    if (known !== undefined) return known;
    const found = readCertificate(socket);
    this.#certificates.set(socket, found);
    return found;
  }
}

function readCertificate(socket: TLSSocket): NonNullable<ServerRequest['certificate']> | null {
  if (!socket.authorized) return null;
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined) return null;
  const texts = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());
  const { CN, O } = subject as { CN?: string | string[]; O?: string | string[] };
  const [commonName] = texts(CN);
  return commonName === undefined ? null : { commonName, organizations: texts(O) };
}

function plainHeaders({ headers }: Incoming): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}

async function readBody(incoming: Incoming, limit: number, signal: AbortSignal): Promise<Uint8Array> {
  const tooLarge = (): Error => statusErrors.tooLarge(`limit is ${limit}`);
  if (Number(incoming.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
}

/** Compresses long answers where the client asks for it. Watches are sent as they come. */
async function encoded(incoming: Incoming, answer: ServerResponse): Promise<ServerResponse> {
  const accepts = /\bgzip\b/.test(incoming.headers['accept-encoding'] ?? '');
  if (!accepts || answer.longRunning === true) return answer;
  const { body } = answer;
  const headers: Record<string, string> = { ...answer.headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' };
  if (body instanceof Uint8Array) {
    if (body.length < compressFrom) return answer;
    const compressed = await compress(body, compression);
    return { ...answer, headers: { ...headers, 'content-length': String(compressed.length) }, body: compressed };
  }
  return { ...answer, headers, body: compressStream(body) };
}

async function* compressStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGzip(compression);
  const feed = (async () => {
    for await (const chunk of body)
      if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
    stream.end();
  })();
  feed.catch((error: unknown) => stream.destroy(error as Error));
  yield* stream as AsyncIterable<Uint8Array>;
  await feed;
}

async function send(
  incoming: Incoming,
  response: Http2ServerResponse,
  answer: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { status, headers, body } = answer;
  // HTTP/2 knows no such header, and Node refuses it.
  response.writeHead(status, { ...headers });
  const empty = incoming.method === 'HEAD' || status === 304;
  if (body instanceof Uint8Array) {
    if (empty) response.end();
    else response.end(body);
    return;
  }
  // A watch without events must still show that it has begun.
  if ('flushHeaders' in response) (response as { flushHeaders(): void }).flushHeaders();
  if (!empty) {
    for await (const chunk of body) {
      if (signal.aborted) return;
      if (!response.write(chunk)) await drained(response, signal);
    }
  }
  response.end();
}

function drained(response: Http2ServerResponse, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      response.off('drain', done);
      resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}
