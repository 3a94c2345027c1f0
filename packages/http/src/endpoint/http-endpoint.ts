/**
 * One port or unix socket that serves HTTP, with what every port needs and forgets: TLS whose certificate can be replaced,
 * time limits for handshakes and headers, a signal per request that tells that its client has gone, and an end that waits
 * for nobody for ever. What requests mean, who may make them and how long an answer may take is its user's.
 */
import type { IncomingMessage } from 'node:http';
import { chmod, mkdir, rm } from 'node:fs/promises';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { httpErrors } from '../errors.js';
import { createNodeServer, secureContext } from './create-server.js';
import type { NodeServer } from './create-server.js';
import { closeGrace } from './options.js';
import type { HttpEndpointOptions, Incoming, ListenAddress, Outgoing, ServingCertificate } from './options.js';

/** HTTP/2's code for a stream that failed at our side: INTERNAL_ERROR of RFC 9113 §7. */
const internalError = 2;

export class HttpEndpoint implements AsyncDisposable {
  readonly #options: HttpEndpointOptions;
  /** Also those that have not agreed on keys yet. */
  readonly #connections = new Set<Socket>();
  /** Those of the former that requests come by: with TLS, the encrypted side. */
  readonly #sockets = new Set<Duplex>();
  #server!: NodeServer;

  private constructor(options: HttpEndpointOptions) {
    this.#options = options;
  }

  /**
   * Resolves when it listens. Rejects with Node's own error, as `EADDRINUSE`: what to do about that, the port's owner knows
   * to say.
   */
  static async open(options: HttpEndpointOptions): Promise<HttpEndpoint> {
    const endpoint = new HttpEndpoint(options);
    await endpoint.#open();
    return endpoint;
  }

  /** Where it listens; of a unix socket there is no port. */
  get address(): AddressInfo {
    return this.#server.address() as AddressInfo;
  }

  get port(): number {
    return this.address.port;
  }

  /** Handshakes from now on show another certificate; connections that are open go on. @throws KW_HTTP_NO_TLS */
  useCertificate(certificate: ServingCertificate): void {
    if (!('setSecureContext' in this.#server)) throw httpErrors.NO_TLS({});
    this.#server.setSecureContext(secureContext(certificate));
  }

  /** Takes no more connections and lets those that are there end, for a second; then they are cut. */
  async close(): Promise<void> {
    const closed = this.#stopListening();
    using _cut = this.#options.clock.setTimer(closeGrace, () => this.#cutAll());
    for (const socket of this.#sockets) socket.end();
    await closed;
  }

  /** Takes no more connections and cuts those that are there: for what nobody minds to ask again. */
  async abort(): Promise<void> {
    const closed = this.#stopListening();
    this.#cutAll();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<void> {
    const { tls, listen, logger, upgrade } = this.#options;
    const server = await createNodeServer(tls, {
      request: (incoming, outgoing) => void this.#answer(incoming, outgoing),
      ...(upgrade !== undefined && {
        upgrade: (incoming, socket, head) => void this.#upgrade(incoming, socket, head),
      }),
    });
    this.#server = server;
    remember(server, 'connection', this.#connections);
    remember(server, tls === undefined ? 'connection' : 'secureConnection', this.#sockets);
    await listenAt(server, listen);
    server.on('error', (error) => logger.error('the endpoint failed', { error }));
  }

  #stopListening(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #cutAll(): void {
    for (const socket of this.#connections) socket.destroy();
  }

  async #answer(incoming: Incoming, outgoing: Outgoing): Promise<void> {
    const gone = new AbortController();
    const leave = (): void => gone.abort(new Error('the client has gone'));
    outgoing.once('close', leave);
    outgoing.on('error', leave);
    incoming.on('error', leave);
    try {
      await this.#options.serve(incoming, outgoing, gone.signal);
    } catch (error) {
      // An answer that cannot be finished must not look complete, and the client must not wait for it.
      if (incoming.httpVersionMajor === 1) incoming.socket.destroy();
      else outgoing.stream?.close(internalError);
      if (!gone.signal.aborted) this.#options.logger.debug('an answer was cut off', { error });
    }
  }

  async #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    const leave = (): void => gone.abort(new Error('the client has gone'));
    socket.once('close', leave);
    socket.on('error', leave);
    try {
      await this.#options.upgrade?.(incoming, socket, head, gone.signal);
    } catch (error) {
      socket.destroy();
      this.#options.logger.debug('an upgrade failed', { error });
    }
  }
}

function remember(server: NodeServer, event: 'connection' | 'secureConnection', sockets: Set<Duplex>): void {
  server.on(event, (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
}

async function listenAt(server: NodeServer, listen: ListenAddress): Promise<void> {
  const begin = (at: ListenOptions): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, () => {
        server.off('error', reject);
        resolve();
      });
    });
  if (!('path' in listen)) {
    const { host = '127.0.0.1', port = 0 } = listen;
    // Without a host Node takes all addresses, also on a machine without IPv6.
    return begin(host === '*' ? { port } : { host, port });
  }
  const { path } = listen;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rm(path, { force: true });
  await begin({ path });
  await chmod(path, 0o600);
}
