import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import type { NetworkNamespace } from '@kubewright/linux';

/** A UDP socket inside a namespace. Without a name to look up, binding happens inside the call. */
export function datagrams(namespace: NetworkNamespace, type: 'udp4' | 'udp6', port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type, lookup: (host, _, found) => found(null, host, type === 'udp4' ? 4 : 6) });
    socket.once('error', reject);
    socket.once('listening', () => resolve(socket));
    namespace.run(() => void socket.bind({ port, address: type === 'udp4' ? '0.0.0.0' : '::', exclusive: true }));
  });
}

/** Answers each datagram with a name. */
export async function answerAs(
  name: string,
  namespace: NetworkNamespace,
  type: 'udp4' | 'udp6',
  port: number,
): Promise<Socket> {
  const socket = await datagrams(namespace, type, port);
  socket.on('message', (_, { address, port: from }) => socket.send(name, from, address));
  return socket;
}

/** Who answers a datagram; empty where nobody does for half a second. */
export function askBy(socket: Socket, host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const timer = AbortSignal.timeout(500);
    const end = (answer: string): void => {
      socket.off('message', receive);
      timer.removeEventListener('abort', giveUp);
      resolve(answer);
    };
    const receive = (message: Buffer): void => end(message.toString());
    const giveUp = (): void => end('');
    socket.on('message', receive);
    timer.addEventListener('abort', giveUp);
    socket.send('who?', port, host);
  });
}
