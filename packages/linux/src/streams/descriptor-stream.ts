/**
 * Descriptors as streams of Node: terminals, and sockets that keep packets apart. Node takes only kinds that it knows, but
 * what it does with them (epoll, read, write) works on these as well.
 */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { libc } from '../ffi/libc.js';

const unixFamily = 1;
const streamSocket = 1;
const closeOnExec = 0o2000000;

/**
 * A stream over a descriptor that does not block, which it takes over and closes. Each chunk that is read is what one
 * read(2) gave; each chunk that is written is one write(2), as long as the one before was finished.
 */
export function descriptorStream(descriptor: number): Socket {
  const c = libc();
  const known = c.call('socket', undefined, unixFamily, streamSocket | closeOnExec, 0);
  // The socket is waited for from the next turn of the event loop on. Until then, another descriptor gets its number.
  const stream = new Socket({ fd: known, allowHalfOpen: true });
  try {
    c.call('dup3', undefined, descriptor, known, closeOnExec);
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return stream;
}
