import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Clock, Timer } from '@kubewright/core';
import { messageOf } from '@kubewright/core';
import { SpdyConnection } from '../spdy/spdy-connection.js';
import type { SpdyStream } from '../spdy/spdy-stream.js';

export const portForwardProtocols = ['portforward.k8s.io'];

/** How long the second stream of a pair may take, in milliseconds. */
const pairingTime = 30_000;

/** Joins a client's stream with a port. */
export type Forward = (port: number, stream: Duplex) => Promise<void>;

interface Pair {
  readonly streams: Map<string, SpdyStream>;
  readonly timer: Timer;
}

/**
 * Serves port-forwarding over a SPDY connection, until that ends: for each connection the client opens a stream for data
 * and one for errors, with the same `requestid` header.
 */
export async function servePortForward(
  socket: Duplex,
  options: { readonly head: Buffer; readonly clock: Clock; readonly forward: Forward },
): Promise<void> {
  const pairs = new Map<string, Pair>();
  const running = new Set<Promise<void>>();
  const connection = new SpdyConnection(socket, {
    head: options.head,
    onStream: (stream) => {
      const type = stream.headers.get('streamtype') ?? '';
      const port = Number(stream.headers.get('port'));
      // Older clients send no id: they open the two streams right after each other.
      const id = stream.headers.get('requestid') ?? `${type === 'error' ? stream.id : stream.id - 2}`;
      if (!['data', 'error'].includes(type) || !Number.isInteger(port) || port < 1 || port > 65_535) {
        return void stream.destroy();
      }
      const pair = pairs.get(id) ?? open(id);
      if (pair.streams.has(type)) return void stream.destroy();
      pair.streams.set(type, stream);
      const data = pair.streams.get('data');
      const error = pair.streams.get('error');
      if (data === undefined || error === undefined) return;
      pair.timer.cancel();
      pairs.delete(id);
      const work = serve(port, data, error, options.forward).finally(() => running.delete(work));
      running.add(work);
    },
  });
  const open = (id: string): Pair => {
    const timer = options.clock.setTimer(pairingTime, () => {
      pairs.delete(id);
      for (const stream of pair.streams.values()) stream.destroy();
    });
    const pair: Pair = { streams: new Map(), timer };
    pairs.set(id, pair);
    return pair;
  };
  try {
    await connection.ended;
  } finally {
    for (const { timer } of pairs.values()) timer.cancel();
    await Promise.allSettled(running);
  }
}

async function serve(port: number, data: SpdyStream, error: SpdyStream, forward: Forward): Promise<void> {
  try {
    await forward(port, data);
    if (!data.writableEnded) data.end();
    error.end();
  } catch (cause) {
    const text = messageOf(cause);
    if (error.writable) {
      error.end(`an error occurred forwarding to port ${port}: ${text}`);
      await finished(error, { readable: false }).catch(() => undefined);
    }
    data.destroy();
  }
}
