import type { Duplex } from 'node:stream';
import type { Clock } from '@kubewright/core';

/**
 * Destroys a socket on which nothing was received or sent for a while. Looks at its counters once per period, so that
 * traffic costs nothing: a silent socket ends after one to two periods.
 */
export function watchIdle(socket: Duplex, clock: Clock, period: number): void {
  let seen = -1;
  const look = (): void => {
    const moved = traffic(socket);
    if (moved === seen) return void socket.destroy();
    seen = moved;
    timer = clock.setTimer(period, look, { ref: false });
  };
  let timer = clock.setTimer(period, look, { ref: false });
  socket.once('close', () => timer.cancel());
}

function traffic(socket: Duplex): number {
  const { bytesRead = 0, bytesWritten = 0 } = socket as { bytesRead?: number; bytesWritten?: number };
  return bytesRead + bytesWritten;
}
