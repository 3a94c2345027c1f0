import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { grpcErrors } from '../errors/grpc-errors.js';

/**
 * Holds the right to remove the dead socket at `path`, among the processes of this network namespace. It is a listening
 * socket in Linux's abstract namespace: the kernel gives a name to one process only, and takes it back when that dies, so
 * no lock is ever left over. The owner closes it.
 *
 * @throws SOCKET_IN_USE while another process holds it, which is about to serve there.
 */
export function takeOverLock(path: string): Promise<Server> {
  const name = createHash('sha256').update(path).digest('hex');
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(grpcErrors.SOCKET_IN_USE({ path }, { cause })));
    server.listen({ path: `\0kubewright/${name}` }, () => resolve(server));
  });
}
