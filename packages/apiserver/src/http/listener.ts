/**
 * The way in from outside: one TLS port for HTTP/2, HTTP/1.1, client certificates and upgraded connections. It turns what
 * arrives into a `ServerRequest` and writes the answer back; it decides nothing.
 */
import { constants, createSecureServer } from 'node:http2';
import type { Http2SecureServer, Http2ServerResponse } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { statusErrors } from '@kubewright/api';
import type { Clock, Logger } from '@kubewright/core';
import { encoded, send } from './sending.js';
import type { Incoming } from './sending.js';
import { readClientCertificate } from './client-certificate.js';
import type { ClientCertificate, ProvenByConnection } from './client-certificate.js';
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

/**
 * How long a client may take to agree on keys, to send the headers of a request, and how often he is looked at for those, in
 * milliseconds. All but the first count for HTTP/1.1 alone: HTTP/2 has whole headers only.
 */
const timeouts = { handshakeTimeout: 10_000, headersTimeout: 30_000, connectionsCheckingInterval: 5_000 };
/** Clients keep many requests open at a time, and lists are long. */
const http2Settings = { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024 };
/** How long connections get to end before they are cut. */
const closeGrace = 1_000;

export class Listener {
  readonly #server: Http2SecureServer;
  readonly #services: ListenerServices;
  readonly #connections = new Set<Socket>();
  readonly #sockets = new Set<Socket>();
  readonly #certificates = new WeakMap<object, ClientCertificate>();

  private constructor(options: ListenerOptions, services: ListenerServices) {
    this.#services = services;
    const { certificate: cert, key, clientAuthority: ca } = options;
    this.#server = createSecureServer({
      allowHTTP1: true,
      cert,
      key,
      minVersion: 'TLSv1.2',
      settings: http2Settings,
      ...timeouts,
      // Who shows no certificate, or a stranger's, may still have a token.
      ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false }),
    });
    this.#server.on('request', (request, response) => void this.#answer(request, response));
    this.#server.on(
      'upgrade',
      (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head),
    );
    // Also those that have not agreed on keys yet.
    this.#server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
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
      for (const socket of this.#connections) socket.destroy();
    });
    for (const socket of this.#sockets) socket.end();
    await closed;
  }

  async #answer(incoming: Incoming, response: Http2ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the client has gone')));
    response.on('error', () => gone.abort(new Error('the client has gone')));
    incoming.on('error', () => gone.abort(new Error('the client has gone')));
    try {
      const answer = await this.#services.serve(this.#request(incoming, gone.signal));
      await send(incoming, response, await encoded(incoming, answer), this.#services.clock, gone.signal);
    } catch (error) {
      // An answer that cannot be finished must not look complete, and the client must not wait for it.
      if (incoming.httpVersionMajor === 1) incoming.socket.destroy();
      else response.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
      if (!gone.signal.aborted) this.#services.logger.debug('an answer was cut off', { error });
    }
  }

  async #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    socket.once('close', () => gone.abort(new Error('the client has gone')));
    socket.on('error', () => gone.abort(new Error('the client has gone')));
    try {
      await this.#services.upgrade(this.#request(incoming, gone.signal), socket, head);
    } catch (error) {
      socket.destroy();
      this.#services.logger.debug('an upgrade failed', { error });
    }
  }

  #request(incoming: Incoming, signal: AbortSignal): ServerRequest {
    return {
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers: plainHeaders(incoming),
      values: (name) => headerValues(incoming, name),
      ...this.#proven(incoming),
      signal,
      body: (limit, arrived) => readBody(incoming, limit, arrived, signal),
    };
  }

  /** What the connection proves. Its certificate is read once, since it does not change; but it ends. */
  #proven(incoming: Incoming): ProvenByConnection {
    const socket = incoming.socket as TLSSocket;
    let known = this.#certificates.get(socket);
    if (known === undefined) {
      known = readClientCertificate(socket);
      this.#certificates.set(socket, known);
    }
    return known.until < this.#services.clock.now() ? { certificateProblem: 'it has expired' } : known.proven;
  }
}

/** Every value of a header that was sent. Bytes in headers are UTF-8, which Node reads one by one. */
function headerValues({ rawHeaders }: Incoming, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() === name)
      values.push(Buffer.from(rawHeaders[at + 1] ?? '', 'latin1').toString('utf8'));
  return values;
}

function plainHeaders({ headers }: Incoming): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}

async function readBody(
  incoming: Incoming,
  limit: number,
  arrived: ((bytes: number) => void) | undefined,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const tooLarge = (): Error => statusErrors.tooLarge(`limit is ${limit}`);
  if (Number(incoming.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // A body that is refused is still answered: leaving the loop must not take the connection along.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    arrived?.(chunk.length);
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
}
