import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2';
import type { Duplex, Writable } from 'node:stream';
import type { Clock, Logger } from '@kubewright/core';

/** A request as Node hands it over: of HTTP/2 only where the endpoint has TLS. */
export type Incoming = IncomingMessage | Http2ServerRequest;

/** What is written back: what the responses of both protocols have in common. */
export interface Outgoing extends Writable {
  statusCode: number;
  readonly headersSent: boolean;
  /** HTTP/2's stream, while it is open. */
  readonly stream?: ServerHttp2Stream;
  writeHead(status: number, headers?: OutgoingHttpHeaders): unknown;
  setHeader(name: string, value: string | readonly string[]): unknown;
  getHeader(name: string): unknown;
  flushHeaders?(): void;
}

/** Where to listen: at a port, or at a unix socket that only its owner may connect to. */
export type ListenAddress =
  | {
      /** Default: 127.0.0.1. `*` is every address of the machine, of both families where it has both. */
      readonly host?: string;
      /** Default: 0, a free port. */
      readonly port?: number;
    }
  | {
      /** Its directory is made for this user alone where it is missing; a file that is there is replaced. Mode 0600. */
      readonly path: string;
    };

export interface ServingCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** PEM of the authority whose client certificates count. Default: client certificates are not asked for. */
  readonly clientAuthority?: string;
}

export interface HttpEndpointOptions {
  readonly listen: ListenAddress;
  /** Serves HTTP/2 and HTTP/1.1 over TLS. Default: HTTP/1.1 in the clear, for loopback, unix sockets and probes. */
  readonly tls?: ServingCertificate;
  /** Times the end of connections. */
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Answers a request. Where it rejects, the connection (of HTTP/2: the stream) is cut, so that half an answer does not
   * pass for a whole one.
   *
   * @param signal - aborts when the client has gone
   */
  serve(incoming: Incoming, outgoing: Outgoing, signal: AbortSignal): Promise<void>;
  /** Takes over a connection that asks to become another protocol; HTTP/1.1 only. Default: such requests are served like others. */
  upgrade?(incoming: IncomingMessage, socket: Duplex, head: Buffer, signal: AbortSignal): Promise<void>;
}

/**
 * How long a client may take to agree on keys, to send the headers of a request, and how often it is looked at for those, in
 * milliseconds. All but the first count for HTTP/1.1 alone: HTTP/2 has whole headers only.
 */
export const timeouts = { handshakeTimeout: 10_000, headersTimeout: 30_000, connectionsCheckingInterval: 5_000 };
/** Clients keep many requests open at a time, and lists are long. */
export const http2Settings = { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024 };
/** Milliseconds that connections get to end before they are cut. */
export const closeGrace = 1_000;
