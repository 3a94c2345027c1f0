import type { Duplex } from 'node:stream';
import type { Clock } from '@kubewright/core';
import type { WebSocket } from 'ws';
import { abortReason } from '@kubewright/core/async';
import type { AttachRequest, ExecRequest, PortForwardRequest } from '../generated/runtime/v1/cri_pb.js';
import { serveCommand } from './session/command-session.js';
import { portForwardProtocols, servePortForward } from './session/port-forward.js';
import { openSpdyCommand, spdyCommandProtocols } from './session/spdy-command.js';
import { acceptSpdy, refuse } from './session/upgrade.js';
import type { Upgraded } from './session/upgrade.js';
import type { ProcessStreams, StreamingRuntime } from './session/streaming-runtime.js';
import { channelProtocols } from './websocket/channel-protocol.js';
import { channelStreams } from './websocket/channel-streams.js';

/** What a URL stands for. */
export type StreamRequest =
  | { readonly kind: 'exec'; readonly request: ExecRequest }
  | { readonly kind: 'attach'; readonly request: AttachRequest }
  | { readonly kind: 'portforward'; readonly request: PortForwardRequest };

export interface Session {
  readonly upgraded: Upgraded;
  readonly ticket: StreamRequest;
  readonly runtime: StreamingRuntime;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The subprotocol with which a client carries the SPDY bytes of a port-forward inside WebSocket messages. */
const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';
/** The largest message that is taken; clients send at most 32 KiB. */
const largestMessage = 4 * 1024 * 1024;

/** Serves one connection from its upgrade to its end. */
export async function serveSession(session: Session): Promise<void> {
  const { request, socket } = session.upgraded;
  const upgrade = request.headers.upgrade?.toLowerCase() ?? '';
  if (upgrade === 'spdy/3.1') await serveSpdy(session);
  else if (upgrade === 'websocket') await serveWebSocket(session);
  else refuse(socket, 400, 'Bad Request', `cannot upgrade to '${upgrade}': use SPDY/3.1 or websocket`);
}

async function serveSpdy(session: Session): Promise<void> {
  const { upgraded, ticket, clock } = session;
  if (ticket.kind === 'portforward') {
    if (acceptSpdy(upgraded, portForwardProtocols) !== undefined)
      await forwardPorts(session, upgraded.socket, upgraded.head);
    return;
  }
  const protocol = acceptSpdy(upgraded, spdyCommandProtocols);
  if (protocol === undefined) return;
  const { connection, channels } = await openSpdyCommand(upgraded, protocol, ticket.request, clock);
  try {
    await serveCommand(channels, ticket.request.tty, commandOf(session, ticket));
  } finally {
    connection.close();
  }
}

async function serveWebSocket(session: Session): Promise<void> {
  const { ticket } = session;
  const served = ticket.kind === 'portforward' ? [tunnelProtocol] : channelProtocols.map(({ name }) => name);
  const socket = await acceptWebSocket(session, served);
  if (socket === undefined) return;
  socket.on('error', () => socket.terminate());
  if (ticket.kind === 'portforward') {
    const { createWebSocketStream } = await import('ws');
    await forwardPorts(session, createWebSocketStream(socket), Buffer.alloc(0));
    return;
  }
  const protocol = channelProtocols.find(({ name }) => name === socket.protocol);
  if (protocol === undefined) return socket.close(1002, 'no common subprotocol');
  try {
    await serveCommand(
      channelStreams(socket, protocol, ticket.request),
      ticket.request.tty,
      commandOf(session, ticket),
    );
  } finally {
    socket.close(1000);
  }
}

async function acceptWebSocket(
  { upgraded, signal }: Session,
  served: readonly string[],
): Promise<WebSocket | undefined> {
  const { request, socket, head } = upgraded;
  const offered = new Set((request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim()));
  const chosen = served.find((name) => offered.has(name));
  if (chosen === undefined) {
    refuse(socket, 400, 'Bad Request', `none of the subprotocols ${[...offered].join(', ')} is served`);
    return undefined;
  }
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: largestMessage,
    handleProtocols: () => chosen,
  });
  // The library takes only tokens of HTTP, which a name with a slash is not. What was offered has been looked at.
  request.headers['sec-websocket-protocol'] = 'offered';
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(abortReason(signal)), { once: true });
    server.handleUpgrade(request, socket, head, resolve);
  });
}

function commandOf(
  { runtime, signal }: Session,
  ticket: Exclude<StreamRequest, { kind: 'portforward' }>,
): (streams: ProcessStreams) => Promise<number> {
  if (ticket.kind === 'exec') return (streams) => runtime.exec(ticket.request, streams, signal);
  return async (streams) => {
    await runtime.attach(ticket.request, streams, signal);
    return 0;
  };
}

async function forwardPorts({ ticket, runtime, clock, signal }: Session, socket: Duplex, head: Buffer): Promise<void> {
  if (ticket.kind !== 'portforward') return;
  const { podSandboxId } = ticket.request;
  const forward = (port: number, stream: Duplex): Promise<void> =>
    runtime.portForward(podSandboxId, port, stream, signal);
  await servePortForward(socket, { head, clock, forward });
}
