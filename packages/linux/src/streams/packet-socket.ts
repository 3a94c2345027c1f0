import { closeSync, constants, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { libc } from '../ffi/libc.js';
import { descriptorStream } from './descriptor-stream.js';

const unixFamily = 1;
const packetSocket = 5;
const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;
const pathOnly = 0o10000000;

/**
 * Connects to a unix socket of packets (SOCK_SEQPACKET). Each chunk that is read is a packet; a chunk that is written is one
 * if the chunk before it was finished. `end` tells the other side that nothing more comes.
 *
 * @param path - of any length. @throws KW_LINUX_SYSCALL
 */
export function connectPackets(path: string): Socket {
  const c = libc();
  const descriptor = c.call('socket', path, unixFamily, packetSocket | closeOnExec | nonBlocking, 0);
  // An address has 108 bytes, so the directory is named by its descriptor.
  const directory = openSync(dirname(path), pathOnly | constants.O_DIRECTORY);
  try {
    const name = Buffer.from(`/proc/self/fd/${directory}/${basename(path)}\0`);
    const address = Buffer.concat([Buffer.from([unixFamily, 0]), name]);
    c.call('connect', path, descriptor, address, address.length);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  } finally {
    closeSync(directory);
  }
  return descriptorStream(descriptor);
}
