/**
 * The server behind the URLs of Exec, Attach and PortForward. A client (the kubelet) connects once to a URL and goes on in
 * SPDY/3.1 or WebSocket. Neighbours: `spdy` and `websocket` carry streams, `session` says what they mean; what is run is the
 * runtime's (`StreamingRuntime`).
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@kubewright/core';

/**
 * Cuts a socket on which nothing was received or sent for a while, also one whose client does not take what waits for it.
 * Looks at its counters once per period, so that traffic costs nothing: a silent socket ends after one to two periods.
 */
export function watchIdle(socket: Duplex, clock: Clock, period: number): void {
  let seen = -1;
  const look = (): void => {
    const moved = traffic(socket);
    if (moved === seen) return cut(socket);
    seen = moved;
    timer = clock.setTimer(period, look, { ref: false });
  };
  let timer = clock.setTimer(period, look, { ref: false });
  socket.once('close', () => timer.cancel());
}

/** Ends a connection in the middle: its client gets an error, and cannot take what it has for all there is. */
export function cut(socket: Duplex): void {
  if (socket instanceof Socket && !socket.writableFinished) socket.resetAndDestroy();
  else socket.destroy();
}

function traffic(socket: Duplex): number {
  const { bytesRead = 0, bytesWritten = 0 } = socket as { bytesRead?: number; bytesWritten?: number };
  return bytesRead + bytesWritten;
}
