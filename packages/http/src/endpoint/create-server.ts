/**
 * One port or unix socket that serves HTTP, with what every port needs and forgets. What requests mean, who may make
 * them and how long an answer may take is its owner's business.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { Duplex } from 'node:stream';
import { http2Settings, timeouts } from './options.js';
import type { Incoming, Outgoing, ServingCertificate } from './options.js';

export type NodeServer = Server | Http2SecureServer;

export interface Listeners {
  request(incoming: Incoming, outgoing: Outgoing): void;
  upgrade?(incoming: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** What TLS makes of the settings; also for a certificate that takes the place of another. */
export function secureContext({ certificate: cert, key, clientAuthority: ca }: ServingCertificate) {
  return { cert, key, minVersion: 'TLSv1.2' as const, ...(ca !== undefined && { ca }) };
}

/** Node's server, which does not listen yet. Node's HTTP modules are loaded by the first one. */
export async function createNodeServer(tls: ServingCertificate | undefined, on: Listeners): Promise<NodeServer> {
  const server = tls === undefined ? await plain() : await secure(tls);
  server.on('request', on.request);
  if (on.upgrade !== undefined) server.on('upgrade', on.upgrade);
  // Long answers and watches are no idle connections; who is to be cut off for silence is its server's to know.
  server.setTimeout(0);
  return server;
}

async function plain(): Promise<Server> {
  const { createServer } = await import('node:http');
  const { headersTimeout, connectionsCheckingInterval } = timeouts;
  return createServer({ headersTimeout, connectionsCheckingInterval });
}

async function secure(tls: ServingCertificate): Promise<Http2SecureServer> {
  const { createSecureServer } = await import('node:http2');
  const server = createSecureServer({
    allowHTTP1: true,
    settings: http2Settings,
    ...secureContext(tls),
    ...timeouts,
    // Who shows no certificate, or a stranger's, may still have other credentials.
    ...(tls.clientAuthority !== undefined && { requestCert: true, rejectUnauthorized: false }),
  });
  server.on('sessionError', () => undefined);
  server.on('tlsClientError', () => undefined);
  return server;
}
