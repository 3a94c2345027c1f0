import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request that asks to go on with another protocol, and its socket. */
export interface Upgraded {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What was read beyond the request. */
  readonly head: Buffer;
}

const offerHeader = 'x-stream-protocol-version';

/** The versions that a SPDY client offers: one header with commas, or several. */
export function offeredProtocols({ headersDistinct }: IncomingMessage): readonly string[] {
  const values = headersDistinct[offerHeader] ?? [];
  return values.flatMap((value) => value.split(',')).map((value) => value.trim());
}

/**
 * Answers a SPDY upgrade with the first of the client's versions that is supported.
 *
 * @returns that version; undefined where the request was refused, and its socket closed.
 */
export function acceptSpdy({ request, socket }: Upgraded, supported: readonly string[]): string | undefined {
  const offered = offeredProtocols(request);
  if (offered.length === 0) {
    refuse(socket, 400, 'Bad Request', 'the header X-Stream-Protocol-Version is missing');
    return undefined;
  }
  const chosen = offered.find((one) => supported.includes(one));
  if (chosen === undefined) {
    const accepted = supported.map((one) => `X-Accepted-Stream-Protocol-Versions: ${one}`);
    refuse(socket, 403, 'Forbidden', `none of the protocols ${offered.join(', ')} is served`, accepted);
    return undefined;
  }
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: SPDY/3.1',
    'Connection: Upgrade',
    `X-Stream-Protocol-Version: ${chosen}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return chosen;
}

/** Answers an upgrade with an error and closes the socket. */
export function refuse(
  socket: Duplex,
  code: number,
  reason: string,
  text: string,
  headers: readonly string[] = [],
): void {
  const body = `${text}\n`;
  const lines = [
    `HTTP/1.1 ${code} ${reason}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...headers,
  ];
  socket.on('error', () => undefined);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
