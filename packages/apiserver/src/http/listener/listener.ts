/**
 * The way in from outside: one TLS port for HTTP/2, HTTP/1.1, client certificates and upgraded connections. It turns what
 * arrives into a `ServerRequest` and writes the answer back; it decides nothing. The port itself is `@kubewright/http`'s.
 */
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { statusErrors } from '@kubewright/api';
import type { Clock, Logger } from '@kubewright/core';
import { HttpEndpoint, httpErrors, readBody } from '@kubewright/http';
import type { Incoming, ServingCertificate } from '@kubewright/http';
import { encoded, send } from './sending.js';
import { readClientCertificate } from './client-certificate.js';
import type { ClientCertificate, ProvenByConnection } from './client-certificate.js';
import type { ServerRequest, ServerResponse } from '../server-request.js';

/** Where to listen, and the certificates; without `clientAuthority` client certificates are not asked for. */
export interface ListenerOptions extends ServingCertificate {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: 0, a free port. */
  readonly port?: number;
}

export interface ListenerServices {
  readonly clock: Clock;
  readonly logger: Logger;
  serve(request: ServerRequest): Promise<ServerResponse>;
  /** Takes over a connection that asks to become another protocol. */
  upgrade(request: ServerRequest, socket: Duplex, head: Buffer): Promise<void>;
}

export class Listener {
  readonly #services: ListenerServices;
  readonly #certificates = new WeakMap<object, ClientCertificate>();
  #endpoint!: HttpEndpoint;

  private constructor(services: ListenerServices) {
    this.#services = services;
  }

  /** Resolves when the port is open. Rejects with Node's error where it cannot be. */
  static async open(options: ListenerOptions, services: ListenerServices): Promise<Listener> {
    const listener = new Listener(services);
    await listener.#open(options);
    return listener;
  }

  get address(): AddressInfo {
    return this.#endpoint.address;
  }

  /** Takes no more connections and ends those that are there. */
  async close(): Promise<void> {
    await this.#endpoint.close();
  }

  async #open({ host, port, ...tls }: ListenerOptions): Promise<void> {
    const { clock, logger } = this.#services;
    this.#endpoint = await HttpEndpoint.open({
      listen: { ...(host !== undefined && { host }), ...(port !== undefined && { port }) },
      tls,
      clock,
      logger,
      serve: async (incoming, outgoing, signal) => {
        const answer = await this.#services.serve(this.#request(incoming, signal));
        await send(incoming, outgoing, await encoded(incoming, answer), clock, signal);
      },
      upgrade: (incoming, socket, head, signal) =>
        this.#services.upgrade(this.#request(incoming, signal), socket, head),
    });
  }

  #request(incoming: Incoming, signal: AbortSignal): ServerRequest {
    return {
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers: plainHeaders(incoming),
      values: (name) => headerValues(incoming, name),
      ...this.#proven(incoming),
      signal,
      body: (limit, arrived) => bodyOf(incoming, limit, arrived, signal),
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

async function bodyOf(
  incoming: Incoming,
  limit: number,
  arrived: ((bytes: number) => void) | undefined,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    return await readBody(incoming, { limit, arrived, signal });
  } catch (error) {
    throw httpErrors.BODY_TOO_LARGE.is(error) ? statusErrors.tooLarge(`limit is ${limit}`) : error;
  }
}
