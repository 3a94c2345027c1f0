import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';
import { hasCode } from '@kubewright/core';

/** What is at a path: nothing, a file of another kind, a socket nobody listens on any more, or one that is served. */
export type SocketState = 'absent' | 'other' | 'stale' | 'served';

/** Finds out by connecting, the only proof there is. What cannot be decided (no permission) counts as served. */
export async function probeSocket(path: string): Promise<SocketState> {
  try {
    if (!(await lstat(path)).isSocket()) return 'other';
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 'absent';
    throw error;
  }
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve('served');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.destroy();
      resolve(error.code === 'ECONNREFUSED' ? 'stale' : error.code === 'ENOENT' ? 'absent' : 'served');
    });
  });
}
