import { connect } from 'node:net';

/** What a connection to a socket that nobody serves fails with: there is no file, or one that a dead process left. */
const nobody = ['ENOENT', 'ECONNREFUSED'];

/**
 * Whether a daemon serves the socket. One that is too busy to accept counts as serving.
 *
 * @throws the system's error where that cannot be told, as without the right to connect.
 */
export function daemonAnswers(socketPath: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (nobody.includes(error.code ?? '')) resolve(false);
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}
