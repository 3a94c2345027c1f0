/**
 * Containers: from a request to a process and back to nothing. Neighbours: `monitor` and `oci` run them, `layers` gives
 * their root file system, `sandboxes` what they share, `cri` shows them.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { ProcessStreams, TerminalSize } from '@kubewright/cri-sdk';
import { connectPackets } from '@kubewright/linux';
import { runtimeErrors } from '../errors.js';
import type { Conmon } from '../monitor/conmon.js';

/** The first byte of a packet of the monitor says which output it is from. */
const fromStderr = 3;
/** Bytes of input that a monitor takes at once. */
const largestInput = 8 * 1024;
/** Bytes that wait for a client that reads slowly. */
const mostWaiting = 4 * 1024 * 1024;

/**
 * Joins a client with the streams of a container's first process, until that ends or the client leaves. The monitor writes to
 * all its clients and to the log in turn, so it must not wait for one of them: a client that stays behind is left.
 *
 * @throws OUTPUT_LOST
 */
export async function attachContainer(
  monitor: Conmon,
  bundle: string,
  { stdin, stdout, stderr, sizes }: ProcessStreams,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const socket = connectPackets(monitor.attachSocket(bundle));
  const leave = (): void => void socket.destroy();
  let failure: Error | undefined;
  signal.addEventListener('abort', leave, { once: true });
  socket.on('error', leave);
  socket.on('data', (packet: Buffer) => {
    const to = packet[0] === fromStderr ? stderr : stdout;
    if (to?.writable !== true || to.write(packet.subarray(1)) || to.writableLength <= mostWaiting) return;
    failure = runtimeErrors.OUTPUT_LOST({ reason: 'the client reads more slowly than the container prints' });
    leave();
  });
  // The monitor ends its side when the container has ended and all of its output was passed on.
  socket.on('end', leave);
  const ended = once(socket, 'close');
  try {
    if (stdin !== undefined) void sendInput(stdin, socket);
    void followSizes(sizes, monitor, bundle);
    await ended;
    if (failure !== undefined) throw failure;
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

/** Each write is a packet, so the next one waits for it. */
async function sendInput(stdin: Readable, socket: Socket): Promise<void> {
  try {
    const chunks: AsyncIterable<Buffer> = stdin;
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += largestInput) {
        await new Promise<void>((resolve, reject) => {
          socket.write(chunk.subarray(at, at + largestInput), (error) => (error ? reject(error) : resolve()));
        });
      }
    }
    socket.end();
  } catch {
    // The client or the container is gone, which the other direction learns as well.
    socket.destroy();
  }
}

async function followSizes(sizes: AsyncIterable<TerminalSize>, monitor: Conmon, bundle: string): Promise<void> {
  // A container that ends meanwhile has no terminal any more.
  for await (const size of sizes) await monitor.resize(bundle, size).catch(() => undefined);
}
